#!/usr/bin/env bash
# Run a command as on another machine: with the maths of an older processor, on busy cores.
#
#     tools/elsewhere.sh make test
#
# The libraries choose their fastest code by the processor that they find, and round otherwise in
# each. So the newer instructions are hidden from each of them: from the C library (exp, pow, sin),
# from NumPy, from its linear algebra, which also gets one thread, and from TensorFlow.
set -euo pipefail

# NumPy warns of a name that the processor does not have.
features='from numpy._core._multiarray_umath import __cpu_dispatch__ as names, __cpu_features__ as has
print(*(name for name in names if has[name]))'
NPY_DISABLE_CPU_FEATURES=$("$(dirname "$0")/../.venv/bin/python" -c "$features")
export NPY_DISABLE_CPU_FEATURES
hidden=-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-AVX2,-AVX2_Usable,-FMA,-FMA_Usable,-FMA4
export GLIBC_TUNABLES=glibc.cpu.hwcaps=$hidden
export OPENBLAS_CORETYPE=Nehalem OPENBLAS_NUM_THREADS=1
# Below AVX, XLA has no code for float16.
export TF_ENABLE_ONEDNN_OPTS=0 XLA_FLAGS=--xla_cpu_max_isa=AVX

# A load for each core; it ends with the command, and in an hour if all else fails.
busy=()
for _ in $(seq "$(getconf _NPROCESSORS_ONLN)"); do
    timeout 3600 sh -c 'while :; do :; done' &
    busy+=($!)
done
trap 'kill "${busy[@]}"' EXIT

"$@"
