using System.Security.Cryptography;

namespace Sim.Workloads.Onnx;

/// <summary>Reads the wire format of protocol buffers forwards from a source, at most a buffer at a time. What does not fit is an
/// InvalidDataException that names the byte.</summary>
/// <param name="source">The bytes.</param>
/// <param name="digest">Takes every byte that is read or skipped.</param>
/// <param name="start">Where to begin.</param>
internal sealed class WireReader(ModelSource source, IncrementalHash? digest = null, long start = 0)
{
    private readonly byte[] _buffer = new byte[1 << 16];
    private int _at, _filled;
    private long _next = start;

    /// <summary>Offset of the next byte.</summary>
    internal long Position => _next - _filled + _at;

    /// <summary>Field number and wire type of the next field of a message that ends at <paramref name="end"/>.</summary>
    internal (int Field, int Wire) Tag(long end)
    {
        long at = Position;
        ulong tag = Varint(end);
        return tag is >= 8 and <= uint.MaxValue && (tag & 7) is 0 or 1 or 2 or 5 ? ((int)(tag >> 3), (int)(tag & 7))
            : throw Bad(at, $"{tag} is no field and wire type");
    }

    internal ulong Varint(long end)
    {
        long at = Position;
        ulong value = 0;
        for (int shift = 0; shift < 64; shift += 7)
        {
            byte b = Next(end);
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
        throw Bad(at, "a number has more than ten bytes");
    }

    /// <summary>A length of what follows, which must end by <paramref name="end"/>.</summary>
    internal long Length(long end)
    {
        long at = Position;
        ulong length = Varint(end);
        return length <= (ulong)(end - Position) ? (long)length
            : throw Bad(at, $"a length of {length} where {end - Position} bytes are left");
    }

    /// <summary>Passes over bytes, copying them where <paramref name="to"/> is given.</summary>
    internal void Pass(long count, Stream? to = null)
    {
        while (count > 0)
        {
            if (_at == _filled) Fill();
            int part = (int)Math.Min(count, _filled - _at);
            to?.Write(_buffer, _at, part);
            _at += part;
            count -= part;
        }
    }

    /// <summary>Fills a span; it ends by <paramref name="end"/>.</summary>
    internal void Fill(Span<byte> to, long end)
    {
        foreach (ref byte b in to) b = Next(end);
    }

    internal byte Next(long end)
    {
        if (Position >= end) throw Bad(Position, "the data end within a field");
        if (_at == _filled) Fill();
        return _buffer[_at++];
    }

    internal static InvalidDataException Bad(long at, string what) => new($"at byte {at}: {what}");

    private void Fill()
    {
        int part = (int)Math.Min(_buffer.Length, source.Length - _next);
        if (part <= 0) throw Bad(_next, "the data end within a field");
        source.Read(_next, _buffer.AsSpan(0, part));
        digest?.AppendData(_buffer, 0, part);
        (_at, _filled, _next) = (0, part, _next + part);
    }
}
