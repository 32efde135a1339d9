"""Signals as pictures: one series, the activity of a run, spikes beside those that were wanted."""
