"""Settings shared by all tests."""

from hypothesis import settings

# No deadline: a first call may import SymPy or TensorFlow, and machines are noisy.
settings.register_profile("lrdecay", deadline=None, print_blob=True)
settings.load_profile("lrdecay")
