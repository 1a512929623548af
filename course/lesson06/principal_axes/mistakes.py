"""Mistakes that learners make in principal-axes: each function stands for the learner's ``principal_axes``."""

import numpy as np


def transposed_product(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril.T @ scale_tril
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, -1]
    return np.sqrt(values[::-1]), np.degrees(np.arctan2(v[1], v[0]))


def row_for_column(scale_tril):
    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)
    v = vectors[np.argmax(values)]
    return np.sqrt(np.sort(values)[::-1]), np.degrees(np.arctan2(v[1], v[0]))


def unpacked(scale_tril):
    values, vectors = np.linalg.eig(scale_tril @ scale_tril.T)
    u1, u2 = vectors
    return np.sqrt(np.sort(values)[::-1]), np.degrees(np.arctan(u1[1] / u1[0]))


def variances(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril @ scale_tril.T
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, -1]
    return values[::-1], np.degrees(np.arctan2(v[1], v[0]))


def ascending(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril @ scale_tril.T
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, -1]
    return np.sqrt(values), np.degrees(np.arctan2(v[1], v[0]))


def short_axis(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril @ scale_tril.T
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, 0]
    return np.sqrt(values[::-1]), np.degrees(np.arctan2(v[1], v[0]))


def radians(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril @ scale_tril.T
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, -1]
    return np.sqrt(values[::-1]), np.arctan2(v[1], v[0])


def from_y(scale_tril):
    scale_tril = np.asarray(scale_tril)
    cov = scale_tril @ scale_tril.T
    values, vectors = np.linalg.eigh(cov)
    v = vectors[:, -1]
    return np.sqrt(values[::-1]), np.degrees(np.arctan2(v[0], v[1]))


def ascending__radians(scale_tril):
    values, vectors = np.linalg.eigh(scale_tril @ scale_tril.T)
    return np.sqrt(values), np.arctan2(vectors[1, 1], vectors[0, 1])


def transposed_product__variances(scale_tril):
    values, vectors = np.linalg.eigh(scale_tril.T @ scale_tril)
    return values[::-1], np.degrees(np.arctan2(vectors[1, 1], vectors[0, 1]))
