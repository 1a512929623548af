"""Other right answers in minibatch: each class holds the learner's ``model_batch`` and ``guide_batch``."""

import jax.numpy as jnp
import numpyro
import numpyro.distributions as dist
from numpyro import handlers
from numpyro.distributions import constraints


class two_plates:
    def model_batch(x, noise, y, batch):
        mu_m, mu_c = numpyro.sample("mu_m", dist.Normal(0, 15.0)), numpyro.sample("mu_c", dist.Normal(0, 25.0))
        sigma_m, sigma_c = (
            numpyro.sample("sigma_m", dist.HalfNormal(10)),
            numpyro.sample("sigma_c", dist.HalfNormal(15)),
        )
        with numpyro.plate("groups", x.shape[0], subsample_size=batch, dim=-2) as chosen:
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            with numpyro.plate("points", x.shape[1], dim=-1):
                numpyro.sample("y", dist.Normal(m * x[chosen] + c, noise[chosen]), obs=y[chosen])

    def guide_batch(x, noise, y, batch):
        n = x.shape[0]
        loc = numpyro.param("hyper_loc", jnp.array([0.0, -1.0, 0.0, -1.0]))
        scale = numpyro.param("hyper_scale", jnp.full(4, 0.5), constraint=constraints.softplus_positive)
        for i, name in enumerate("mc"):
            numpyro.sample(f"mu_{name}", dist.Normal(loc[2 * i], scale[2 * i]))
            numpyro.sample(f"sigma_{name}", dist.LogNormal(loc[2 * i + 1], scale[2 * i + 1]))
        with numpyro.plate("groups", n, subsample_size=batch, dim=-2) as chosen:
            for name in "mc":
                line = numpyro.param(f"{name}_loc", jnp.zeros(n))
                width = numpyro.param(f"{name}_scale", jnp.ones(n), constraint=constraints.softplus_positive)
                numpyro.sample(name, dist.Normal(line[chosen, None], width[chosen, None]))


class subsample:
    def model_batch(x, noise, y, batch):
        mu_m = numpyro.sample("mu_m", dist.Normal(0.0, 15.0))
        sigma_m = numpyro.sample("sigma_m", dist.HalfNormal(10.0))
        mu_c = numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
        sigma_c = numpyro.sample("sigma_c", dist.HalfNormal(15.0))
        with numpyro.plate("groups", len(x), subsample_size=batch):
            x, noise, y = (numpyro.subsample(part, event_dim=1) for part in (x, noise, y))
            m = numpyro.sample("m", dist.Normal(mu_m, sigma_m))
            c = numpyro.sample("c", dist.Normal(mu_c, sigma_c))
            numpyro.sample("y", dist.Normal(m[:, None] * x + c[:, None], noise).to_event(1), obs=y)

    def guide_batch(x, noise, y, batch):
        positive = {"constraint": constraints.positive}
        loc = numpyro.param("hyper_loc", jnp.zeros(4))
        scale = numpyro.param("hyper_scale", 0.1 * jnp.ones(4), **positive)
        numpyro.sample("sigma_c", dist.LogNormal(loc[3], scale[3]))
        numpyro.sample("mu_c", dist.Normal(loc[2], scale[2]))
        numpyro.sample("sigma_m", dist.LogNormal(loc[1], scale[1]))
        numpyro.sample("mu_m", dist.Normal(loc[0], scale[0]))
        start = jnp.zeros(len(x))
        with numpyro.plate("groups", len(x), subsample_size=batch):
            c = numpyro.param("c_loc", start, event_dim=0), numpyro.param("c_scale", start + 1, event_dim=0, **positive)
            numpyro.sample("c", dist.Normal(*c))
            m = numpyro.param("m_loc", start, event_dim=0), numpyro.param("m_scale", start + 1, event_dim=0, **positive)
            numpyro.sample("m", dist.Normal(*m))


class by_hand:
    def model_batch(x, noise, y, batch):
        mu = numpyro.sample("mu_m", dist.Normal(0.0, 15.0)), numpyro.sample("mu_c", dist.Normal(0.0, 25.0))
        sigma = numpyro.sample("sigma_m", dist.HalfNormal(10.0)), numpyro.sample("sigma_c", dist.HalfNormal(15.0))
        any_group = dist.Categorical(logits=jnp.zeros(len(x)))
        index = numpyro.sample("index", any_group.expand([batch]).to_event(1))
        with handlers.scale(scale=len(x) / batch):
            m = numpyro.sample("m", dist.Normal(mu[0], sigma[0]).expand([batch]).to_event(1))
            c = numpyro.sample("c", dist.Normal(mu[1], sigma[1]).expand([batch]).to_event(1))
            lines = m[:, None] * x[index] + c[:, None]
            numpyro.sample("y", dist.Normal(lines, noise[index]).to_event(2), obs=y[index])

    def guide_batch(x, noise, y, batch):
        loc = numpyro.param("hyper_loc", jnp.zeros(4))
        scale = numpyro.param("hyper_scale", 0.1 * jnp.ones(4), constraint=constraints.positive)
        numpyro.sample("mu_m", dist.Normal(loc[0], scale[0]))
        numpyro.sample("sigma_m", dist.LogNormal(loc[1], scale[1]))
        numpyro.sample("mu_c", dist.Normal(loc[2], scale[2]))
        numpyro.sample("sigma_c", dist.LogNormal(loc[3], scale[3]))
        any_group = dist.Categorical(logits=jnp.zeros(len(x)))
        index = numpyro.sample("index", any_group.expand([batch]).to_event(1))
        with handlers.scale(scale=len(x) / batch):
            for name in ("m", "c"):
                line = numpyro.param(f"{name}_loc", jnp.zeros(len(x)))
                width = numpyro.param(f"{name}_scale", jnp.ones(len(x)), constraint=constraints.positive)
                numpyro.sample(name, dist.Normal(line[index], width[index]).to_event(1))
