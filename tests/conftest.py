"""Settings of every test: hypothesis without a clock, since machines differ."""

from hypothesis import settings

settings.register_profile("graphnet", deadline=None, print_blob=True)
settings.load_profile("graphnet")
