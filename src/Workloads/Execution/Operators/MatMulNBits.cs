using Sim.Workloads.Graph;

namespace Sim.Workloads.Execution.Operators;

/// <summary>
/// MatMulNBits of com.microsoft: A · Wᵀ with weights of 2, 4 or 8 bits, scale and zero point for each block along K, packed low bits first.
/// Weights are (code − zero point) · scale in float32; accuracy_level names the least precision that is allowed, and float32 meets every
/// level.
/// </summary>
internal static class MatMulNBits
{
    internal static Tensor[] Run(OperatorCall call)
    {
        Tensor a = call.Input(0);
        Layout layout = Layout.Of(call, i => call.Optional(i) is { } t ? StaticValue.Of(t) : null);
        int rows = a.Count / layout.K, n = layout.N;
        var product = new float[Shapes.Count([rows, n])];
        FloatGemm.AccumulateParallel(call.Floats(a, "A"), 0, MatrixProducts.Transposed(Weights(call, layout), n, layout.K), 0, product, 0,
            rows, n, layout.K);
        if (call.Optional(5) is { } bias)
        {
            float[] addend = call.Floats(bias, "the bias");
            for (int i = 0; i < product.Length; i++) product[i] += addend[i % n];
        }
        return [Casting.Rounded(a.Type, [.. a.Shape[..^1], n], product)];
    }

    internal static StaticValue[] Shape(ShapeCall call)
    {
        call.RequireFloats(call.In(0).Type, "A");
        return call.Like([.. call.In(0).Shape[..^1], Layout.Of(call, call.InOrNull).N]);
    }

    private static float[] Weights(OperatorCall call, Layout layout)
    {
        (int n, int k, int blocks, int perByte) = (layout.N, layout.K, layout.Blocks, 8 / layout.Bits);
        int mask = (1 << layout.Bits) - 1, zeroBytes = (blocks + perByte - 1) / perByte;
        float[] scales = call.Floats(call.Input(2), "scales");
        ReadOnlySpan<byte> codes = call.Input(1).Span<byte>();
        Tensor? zero = call.Optional(3);
        float Zero(int column, int b) => zero is null ? 1 << layout.Bits - 1
            : zero.Type != ElementType.UInt8 ? (float)zero.Real(column * blocks + b)
            : (int)zero.Integer(column * zeroBytes + b / perByte) >> b % perByte * layout.Bits & mask;
        var weights = new float[Shapes.Count([n, k])];
        for (int column = 0; column < n; column++)
        {
            for (int b = 0; b < blocks; b++)
            {
                float z = Zero(column, b), s = scales[column * blocks + b];
                int from = (column * blocks + b) * (layout.Block / perByte);
                for (int i = 0; i < Math.Min(layout.Block, k - b * layout.Block); i++)
                    weights[column * k + b * layout.Block + i] = ((codes[from + i / perByte] >> i % perByte * layout.Bits & mask) - z) * s;
            }
        }
        return weights;
    }

    /// <summary>Sizes of the product and of the packed weights, checked against every input's shape.</summary>
    private sealed record Layout(int K, int N, int Bits, int Block)
    {
        internal int Blocks => (K + Block - 1) / Block;

        internal static Layout Of(OperatorCall call, Func<int, StaticValue?> input)
        {
            var layout = new Layout(Positive(call, "K"), Positive(call, "N"), call.Has("bits") ? Positive(call, "bits") : 4,
                Positive(call, "block_size"));
            if (layout.Bits is not (2 or 4 or 8)) throw call.Fail($"bits {layout.Bits} is not one of 2, 4, 8");
            if (layout.Block < 16 || (layout.Block & layout.Block - 1)
                != 0) throw call.Fail($"block_size {layout.Block} is not a power of two of at least 16");
            if (call.Int("accuracy_level", 0) is < 0 or > 4) throw call.Fail("accuracy_level is not one of 0 to 4");
            if (input(4) is not null) throw call.Fail("g_idx is not supported");
            int perByte = 8 / layout.Bits, blocks = layout.Blocks;
            int[] a = input(0)!.Shape;
            if (a.Length < 1 || a[^1] != layout.K) throw call.Fail($"A {Shapes.Text(a)} must have K = {layout.K} columns");
            StaticValue packed = input(1)!;
            if (packed.Type != ElementType.UInt8 || Shapes.Count(packed.Shape) != (long)layout.N * blocks * (layout.Block / perByte))
                throw call.Fail($"B must be UInt8 [{layout.N},{blocks},{layout.Block / perByte}], found {packed.Type} {Shapes.Text(packed.Shape)}");
            void Sized(int index, string what, long count)
            {
                if (input(index) is { } v && Shapes.Count(v.Shape)
                    != count) throw call.Fail($"{count} {what} are needed, found {Shapes.Text(v.Shape)}");
            }
            Sized(2, "scales", (long)layout.N * blocks);
            // Zero points of one column are packed too, a column's last byte part full; as floats they are one a block.
            Sized(3, "zero points", (long)layout.N * (input(3)?.Type == ElementType.UInt8 ? (blocks + perByte - 1) / perByte : blocks));
            Sized(5, "elements of the bias", layout.N);
            return layout;
        }

        private static int Positive(OperatorCall call, string name) =>
            call.Small(call.Int(name, 0), name) is var v and >= 1 ? v : throw call.Fail($"attribute '{name}' must be at least 1");
    }
}
