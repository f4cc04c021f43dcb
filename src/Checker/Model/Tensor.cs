using System.Buffers.Binary;

namespace Sim.Checker.Model;

/// <summary>A constant of the model: elements stay as the file has them and are decoded one by one.</summary>
internal sealed class Tensor
{
    private readonly ReadOnlyMemory<byte> _raw;
    private readonly ulong[]? _listed;

    private Tensor(int type, int[] shape, ReadOnlyMemory<byte> raw, ulong[]? listed) =>
        (Type, Shape, _raw, _listed) = (type, shape, raw, listed);

    /// <summary>ONNX's number of the element type.</summary>
    internal int Type { get; }

    internal int[] Shape { get; }

    internal int Count => Shape.Aggregate(1, (a, b) => checked(a * b));

    internal bool IsFloat => Type == 1;

    /// <summary>What an integer type holds; null: no integers.</summary>
    internal static Range? TypeRange(int type) => type switch
    {
        2 => new(0, 255), 3 => new(-128, 127), 4 =>
            new(0, 65535), 5 => new(-32768, 32767), 6 => new(int.MinValue, int.MaxValue), 7 => new(long.MinValue, long.MaxValue),
        9 => new(0, 1), 12 => new(0, uint.MaxValue), 13 =>
            new(0, ulong.MaxValue), 21 => new(0, 15), 22 => new(-8, 7), 25 => new(0, 3), 26 => new(-2, 1), _ => null,
    };

    internal float Real(int i) => !IsFloat ? throw new Fault($"element type {Type} where float32 is needed")
        : _listed is not null ? BitConverter.UInt32BitsToSingle((uint)_listed[i])
            : BinaryPrimitives.ReadSingleLittleEndian(_raw.Span[(4 * i)..]);

    internal long Integer(int i)
    {
        int bits = Bits(Type);
        if (TypeRange(Type) is null) throw new Fault($"element type {Type} where integers are needed");
        ulong word;
        if (_listed is not null && bits >= 8) word = _listed[i];
        else if (bits < 8)
        {
            // Small elements share a byte, the first in its low bits.
            int each = 8 / bits, shift = i % each * bits;
            word = ((_listed is not null ? _listed[i / each] : _raw.Span[i / each]) >> shift) & ((1UL << bits) - 1);
        }
        else
        {
            ReadOnlySpan<byte> at = _raw.Span[(i * (bits / 8))..];
            word = bits switch { 8 => at[0], 16 => BinaryPrimitives.ReadUInt16LittleEndian(at),
                32 => BinaryPrimitives.ReadUInt32LittleEndian(at), _ => BinaryPrimitives.ReadUInt64LittleEndian(at) };
        }
        bool signed = Type is 3 or 5 or 6 or 7 or 22 or 26;
        return unchecked(signed ? (long)(word << (64 - bits)) >> (64 - bits) : (long)(word << (64 - bits) >> (64 - bits)));
    }

    internal float[] Reals() => [.. Enumerable.Range(0, Count).Select(Real)];

    internal long[] Integers() => [.. Enumerable.Range(0, Count).Select(Integer)];

    /// <summary>A TensorProto.</summary>
    /// <param name="external">The bytes of a tensor that is kept in a file beside the model.</param>
    internal static (string Name, Tensor Value) Read(ReadOnlyMemory<byte> proto, Func<Dictionary<string, string>, long,
        ReadOnlyMemory<byte>> external)
    {
        var dims = new List<int>();
        var listed = new List<ulong>();
        var location = new Dictionary<string, string>(StringComparer.Ordinal);
        (int type, string name, ReadOnlyMemory<byte>? raw, bool isExternal) = (0, "", null, false);
        foreach (Wire f in Wire.Of(proto))
        {
            switch (f.Field)
            {
                case 1: dims.AddRange(f.Numbers().Select(d => d <= int.MaxValue ? (int)d : throw new Fault("a tensor is too large")));
                    break;
                case 2: type = (int)Math.Min(f.Number, 1000); break;
                case 4: listed.AddRange(f.Numbers(4)); break;
                case 5 or 7 or 11: listed.AddRange(f.Numbers()); break;
                case 8: name = f.Text; break;
                case 9: raw = f.Bytes; break;
                case 10: listed.AddRange(f.Numbers(8)); break;
                case 13:
                    Wire[] entry = [.. Wire.Of(f.Bytes)];
                    location[entry.FirstOrDefault(e => e.Field == 1).Text] = entry.FirstOrDefault(e => e.Field == 2).Text;
                    break;
                case 14: isExternal = f.Number == 1; break;
            }
        }
        int[] shape = [.. dims];
        long count = shape.Aggregate(1L, (a, d) => a > int.MaxValue ? a : a * d), bytes = (count * Bits(type) + 7) / 8;
        if (count > int.MaxValue) throw new Fault($"tensor '{name}' is too large");
        if (isExternal) raw = external(location, bytes);
        if (Bits(type) == 0) return (name, new(type, shape, default, []));
        long words = Bits(type) < 8 ? bytes : count;
        if (raw is { } r ? r.Length != bytes
            : listed.Count != words) throw new Fault($"tensor '{name}' has another number of elements than its shape");
        return (name, new(type, shape, raw ?? default, raw is null ? [.. listed] : null));
    }

    private static int Bits(int type) =>
        type switch { 1 or 6 or 12 => 32, 2 or 3 or 9 => 8, 4 or 5 or 10 or 16 => 16, 7 or 11 or 13 => 64, 21 or 22 => 4, 25 or 26 => 2,
        _ => 0 };
}
