#!/bin/sh
# Accuracy against accumulator width on the digits: networks trained for a width, and the unconstrained one repaired for it without training.
# Writes docs/guide/widths/: accuracy.csv, layers.csv, widths.svg. Usage, from the repository root: tools/train/width_curves.sh (needs only a built sim; some minutes).
set -eu
digits=configs/workloads/digits
work=reports/width_curves
data="--data $digits/digits_test_x_u8.npy --labels $digits/digits_test_labels_u8.npy"
rm -rf "$work"
mkdir -p "$work"
for bits in 18 17 16 15 14 13 12; do
  for method in split a2q a2q+ gptq; do
    name=$(echo "$method" | tr -d +)
    [ "$method" = a2q+ ] && name=a2qplus
    # Repair calibrates on images that it was trained on; the accuracy shown is that of the held-out ones.
    ./sim repair --model $digits/digits_cnn_qat.onnx --accumulator $bits --method "$method" --data $digits/digits_train_x_u8.npy --out "$work/repaired_${name}_$bits.onnx" > /dev/null || echo "no network: $method at $bits bits"
  done
done
# shellcheck disable=SC2086
./sim verify --model $digits/digits_cnn_qat.onnx --minimal $data --report "$work/report" --beside $digits/digits_cnn_a2q_*.onnx $digits/digits_cnn_a2qplus_*.onnx "$work"/repaired_*.onnx > /dev/null
mkdir -p docs/guide/widths
cp "$work/report/accuracy.csv" "$work/report/layers.csv" "$work/report/widths.svg" docs/guide/widths/
