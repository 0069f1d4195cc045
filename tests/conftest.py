"""Settings shared by all tests."""

import os

from hypothesis import settings

# No deadline: a first call may import SymPy or TensorFlow, and machines are noisy. In continuous
# integration the same examples every time: new ones are looked for by whoever works on the code.
settings.register_profile(
    "lrdecay", deadline=None, print_blob=True, derandomize=os.environ.get("CI") == "true"
)
settings.load_profile("lrdecay")
