"""The learner's half: what runs in the learner's own kernel, and nothing that judges."""
