"""Trials from a source that a document names: what a trial is, and the sources that come with graphnet."""

from .trials import Dataset, Trial, dataset

__all__ = ["Dataset", "Trial", "dataset"]
