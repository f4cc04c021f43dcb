using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Sim.Datapath.Formats;
using Sim.Datapath.Kernels.Lanes;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Kernels;

/// <summary>
/// Trees and chains of fp32 adders into fp32, all to nearest even, in float lanes: every node is one float operation. Without subnormals a
/// result below the smallest normal number becomes a zero of its sign, which is the same as flushing after rounding: sums of floats are
/// exact there, and so are products of at most 23 bits. Tiles with Inf or NaN go to the reference.
/// </summary>
internal sealed class TreeLanesKernel : TiledKernel
{
    private const int MostLanes = 64, MostProductBits = 23;

    /// <inheritdoc/>
    public override string Name => "fp32-tree-lanes";

    private protected override bool SumsDotUnits => true;

    /// <inheritdoc/>
    private protected override string? RefusesSteps(DatapathSpec spec, ReductionOrder order, int k)
    {
        if (spec.Dot is not AdderTreeDotUnit
            { Rounding: RoundingMode.NearestEven,
            Format: FloatFormat node } unit) return "needs a tree or chain of adders that round to nearest even";
        if (ReferenceKernel.RefusesDot(spec, order, k) is { } reason) return reason;
        if (spec.Accumulator is not FloatAccumulator { Rounding: RoundingMode.NearestEven, Overflow: OverflowPolicy.Ieee,
            Format: FloatFormat register })
            return "needs a float register that rounds to nearest even";
        if (!IsBinary32(node) || !IsBinary32(register)
            || node.Subnormals != register.Subnormals) return "adders and register are not binary32 alike";
        if (unit.Lanes > MostLanes) return $"more than {MostLanes} lanes";
        if (OperandRange.Of(spec.Activation) is not { } a
            || OperandRange.Of(spec.Weight) is not { } b) return "the range of the operands is not known";
        if (Math.Max(a.Top, b.Top) > 128 || Math.Min(a.Unit, b.Unit) < -149
            || Math.Max(a.Width, b.Width) > 24) return "operands are no binary32 numbers";
        return !node.Subnormals && a.Width + b.Width > MostProductBits
            ? $"products of more than {MostProductBits} bits may be rounded twice where they are flushed" : null;
    }

    /// <inheritdoc/>
    public override PackedWeights Pack(DatapathSpec spec, ReductionOrder order, int n, int k, ReadOnlySpan<uint> codes,
        ReadOnlySpan<int> zeroPoints) =>
        new TiledWeights<float>(Name, new Plan(spec, order.Canonical(k)), KernelCatalogue.SelectAfter(this, spec, order, k), spec,
            order.Canonical(k), n, k, codes, zeroPoints);

    private static bool IsBinary32(FloatFormat f) => f is { ExponentBits: 8, FractionBits: 23, Bias: 127, Specials: Specials.Ieee };

    private sealed class Plan(DatapathSpec spec, ReductionOrder order) : TilePlan<float>
    {
        private readonly OperandDecoder<float> _activations = OperandDecoder<float>.Of(spec.Activation),
            _weights = OperandDecoder<float>.Of(spec.Weight);
        private readonly AdderTreeDotUnit _unit = (AdderTreeDotUnit)spec.Dot!;

        // Magnitudes below become zero.
        private readonly float _least = ((FloatFormat)((AdderTreeDotUnit)spec.Dot!).Format).Subnormals ? 0 : MathF.ScaleB(1, -126);

        public override int Rows => LaneTile.Rows;

        public override int Width => LaneTile.Width<float>();

        public override int Steps(int k) => k;

        public override void DecodeActivations(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _activations.Decode(codes, zeroPoint, 1, values);

        public override void DecodeWeights(ReadOnlySpan<uint> codes, int zeroPoint, Span<float> values) =>
            _weights.Decode(codes, zeroPoint, 1, values);

        public override bool Sum(ReadOnlySpan<float> a, ReadOnlySpan<float> b, in PanelBounds activations, in PanelBounds weights,
            int rows, int columns,
            Span<long> results, ref GemmEvents events)
        {
            int width = Width, k = a.Length / Rows, chunk = order.Chunk == 0 ? k : order.Chunk;
            Span<float> total = stackalloc float[Rows * width], part = stackalloc float[Rows * width];
            total.Clear();
            for (int start = 0; start < k; start += chunk)
            {
                Span<float> sum = start == 0 ? total : part;
                sum.Clear();
                int end = Math.Min(start + chunk, k);
                for (int first = start; first < end; first += _unit.Lanes)
                {
                    int count = Math.Min(_unit.Lanes, end - first);
                    Step(a.Slice(first * Rows, count * Rows), b.Slice(first * width, count * width), sum);
                }
                if (start == 0) continue;
                for (int i = 0; i < total.Length; i += Vector512<float>.Count)
                    Flushed(Vector512.Create<float>(total[i..]) + Vector512.Create<float>(part[i..])).CopyTo(total[i..]);
            }
            for (int r = 0; r < rows; r++)
                for (int c = 0; c < columns; c++)
                    if (!float.IsFinite(total[r * width + c])) return false;
            for (int i = 0; i < total.Length; i++) results[i] = BitConverter.SingleToUInt32Bits(total[i]);
            return true;
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Step(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> acc)
        {
            int width = Width, count = a.Length / LaneTile.Rows;
            Span<Vector512<float>> terms = stackalloc Vector512<float>[MostLanes];
            for (int r = 0; r < LaneTile.Rows; r++)
                for (int c = 0; c < width; c += Vector512<float>.Count)
                {
                    for (int i = 0; i < count; i++) terms[i] =
                        Flushed(Vector512.Create(a[i * LaneTile.Rows + r]) * Vector512.Create(b[(i * width + c)..]));
                    if (_unit.IsChain) for (int i = 1; i < count; i++) terms[0] = Flushed(terms[0] + terms[i]);
                    else
                        // Neighbours, level by level; an odd one passes on.
                        for (int left = count; left > 1; left = (left + 1) / 2)
                            for (int i = 0; i < left; i += 2) terms[i / 2] = i + 1 < left ? Flushed(terms[i] + terms[i + 1]) : terms[i];
                    Span<float> at = acc.Slice(r * width + c, Vector512<float>.Count);
                    Flushed(Vector512.Create<float>(at) + terms[0]).CopyTo(at);
                }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private Vector512<float> Flushed(Vector512<float> value) =>
            Vector512.ConditionalSelect(Vector512.LessThan(Vector512.Abs(value), Vector512.Create(_least)),
                value & Vector512.Create(-0.0f), value);
    }
}
