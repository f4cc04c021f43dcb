#!/usr/bin/env bash
# ZigZag 3.8.5 (KULeuven-MICAS/zigzag at 3d12a96), seen with Python 3.11 and Debian 12's packages, 2026-11-28. Valid inputs only: its own
# gemm_l1 and tpu_like, the first with its own workload, the second with one convolution of its resnet18.yaml.
#
# What surprises whoever compares energies or cycles with other models:
# 1. Partial sums are read before there are any. gemm_l1: a tile of 8x8 sums is brought to l1 16 times (D2 has 16 steps), 16 x 256 tiles =
#    4096 writes. It is there to be read 15 times: 3840 reads. Energy is that of 4096. Its own element counts leave the first visit out
#    (245760 = 15 x 16384 sums); its energy is taken from word counts, which do not.
# 2. Fewer cycles than the accesses of the only port. conv5_2 on tpu_like: 294912 + 5184 reads and 3136 writes of 64 bits at the DRAM, which
#    has one read_write port of 64 bits: 303232 accesses, in 300401 cycles.
# 3. A layer lies on a part of a column: 1000 filters on 32 columns are unrolled 31.25 times.
#
# usage: findings/zigzag-counts.sh [SOURCE]    SOURCE: a checkout or git address; left out: the public repository
# Exits with 0 while this holds, with 1 when something of it changes. Needs git and Python 3.11 with numpy, networkx, sympy, matplotlib,
# onnx, tqdm, pyyaml, cerberus, seaborn (Debian: python3-NAME); two small decorators and a module that Debian has not are stood in for.
set -euo pipefail
source="${1:-https://github.com/KULeuven-MICAS/zigzag.git}"
python="${PYTHON:-python3}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
git clone -q "$source" "$folder/zigzag"
cd "$folder/zigzag"
git checkout -q 3d12a96e9d52b51ccb659c0f7cba688bc7e4b7a3
"$python" -c 'import numpy, networkx, sympy, matplotlib, onnx, tqdm, yaml, cerberus, seaborn' || exit 2
mkdir "$folder/shim"
"$python" -c 'import typeguard; typeguard.typeguard_ignore' 2>/dev/null || echo 'def typeguard_ignore(f): return f' > "$folder/shim/typeguard.py"
"$python" -c 'import multiprocessing_on_dill' 2>/dev/null || echo 'from multiprocessing import *' > "$folder/shim/multiprocessing_on_dill.py"
layer() {
  cat > "$folder/$1.yaml" <<YAML
- id: 0
  name: $1
  operator_type: Conv
  equation: O[b][k][oy][ox]+=W[k][c][fy][fx]*I[b][c][iy][ix]
  dimension_relations: [ix=1*ox+1*fx, iy=1*oy+1*fy]
  loop_dims: [B, K, C, OY, OX, FY, FX]
  loop_sizes: [1, $2, 512, $3, $3, $4, $4]
  operand_precision: {W: 8, I: 8, O: 16, O_final: 8}
  operand_source: {I: 0, W: 0}
YAML
}
layer conv5_2 512 7 3
layer fc 1000 1 1
cat > run.py <<'PY'
import logging, sys
from zigzag.api import get_hardware_performance_zigzag
from zigzag.cost_model.cost_model import CostModelEvaluation
from zigzag.datatypes import LayerOperand
from zigzag.hardware.architecture.memory_port import DataDirection as D
from zigzag.mapping.data_movement import DataMoveAttr

def inner(x):
    if isinstance(x, CostModelEvaluation): return x
    return next((y for y in map(inner, x) if y is not None), None) if isinstance(x, (list, tuple)) else None

def run(workload, hardware, limit):
    energy, cycles, found = get_hardware_performance_zigzag(workload, f"zigzag/inputs/hardware/{hardware}.yaml",
        f"zigzag/inputs/mapping/{hardware}.yaml", lpf_limit=limit, dump_folder=sys.argv[1] + "/out", loma_show_progress_bar=False)
    return energy, cycles, inner(found)

O, I, W = LayerOperand("O"), LayerOperand("I"), LayerOperand("W")
energy, cycles, gemm = run("zigzag/inputs/workload/gemm_layer.yaml", "gemm_l1", 3)
words = gemm.memory_word_access[O][1]
elements = gemm.mapping.unit_mem_data_movement[O][0].get_attribute(DataMoveAttr.DATA_ELEM_MOVE_COUNT)
print(f"gemm_l1: {energy:.2f} pJ; sums at l1: {words.get(D.WR_IN_BY_LOW)} writes, {words.get(D.RD_OUT_TO_LOW)} reads")
print(f"elements read for accumulation {elements.get(D.RD_OUT_TO_LOW)}, of {elements.get(D.WR_IN_BY_LOW)} written")
energy, cycles, conv = run(sys.argv[1] + "/conv5_2.yaml", "tpu_like", 6)
dram = {op: conv.memory_word_access[op][-1] for op in (I, W, O)}
accesses = sum(dram[op].get(d) for op in dram for d in D)
print(f"conv5_2: {accesses} accesses of the DRAM's port of 64 bits in {cycles:.0f} cycles")
energy, cycles, fc = run(sys.argv[1] + "/fc.yaml", "tpu_like", 6)
print(f"fc: {max(fc.spatial_mapping.mapping_dict_origin[O][1], key=lambda s: 'K' in str(s[0]))}")
PY
PYTHONPATH="$folder/shim:." "$python" run.py "$folder" 2>"$folder/log" | tee seen.txt || { tail -n 20 "$folder/log"; exit 1; }
diff - seen.txt <<'TXT'
gemm_l1: 511349.76 pJ; sums at l1: 4096 writes, 4096 reads
elements read for accumulation 245760, of 262144 written
conv5_2: 303232 accesses of the DRAM's port of 64 bits in 300401 cycles
fc: (K, 31.25)
TXT
