namespace Sim.Tests;

/// <summary>An ONNX model as a tree of fields, so that a changed field leaves the lengths around it right: changes reach what is behind the
/// wire format.</summary>
internal sealed class OnnxTree
{
    private static readonly (char Kind, int Field, char Inner)[] Messages =
    [
        ('M', 7, 'G'), ('M', 8, 'O'), ('G', 1, 'N'), ('G', 5, 'T'), ('G', 11, 'V'), ('G', 12, 'V'), ('N', 5, 'A'), ('A', 5, 'T'),
            ('V', 2, 'Y'), ('Y', 1, 'Z'), ('Z', 2, 'S'), ('S', 1, 'D'),
    ];

    private static readonly long[] Numbers = [0, 1, 2, 3, 7, 13, 22, 25, -1, -2, 64, 1024, 65536, 1 << 20, int.MaxValue, int.MinValue,
        1L << 31, 1L << 40, long.MaxValue, long.MinValue];

    private readonly List<Field> _fields = [];

    private sealed class Field
    {
        internal int Number, Wire;
        internal byte[] Content = [];
        internal OnnxTree? Inner;

        internal Field Copy() => new() { Number = Number, Wire = Wire, Content = Content, Inner = Inner is null ? null
            : new OnnxTree(Inner.Bytes(), Inner.Kind) };
    }

    internal OnnxTree(byte[] bytes, char kind = 'M')
    {
        Kind = kind;
        for (int at = 0; at < bytes.Length;)
        {
            ulong tag = Varint(bytes, ref at);
            var field = new Field { Number = (int)(tag >> 3), Wire = (int)(tag & 7) };
            int from = at;
            if (field.Wire == 0) Varint(bytes, ref at);
            else if (field.Wire == 2)
            {
                int length = (int)Varint(bytes, ref at);
                from = at;
                at += length;
            }
            else at += field.Wire == 1 ? 8 : 4;
            field.Content = bytes[from..at];
            char inner = Array.Find(Messages, m => m.Kind == kind && m.Field == field.Number).Inner;
            if (inner != '\0' && field.Wire == 2) field.Inner = new OnnxTree(field.Content, inner);
            _fields.Add(field);
        }
    }

    private char Kind { get; }

    internal byte[] Bytes() => OnnxBytes.Join(_fields.Select(f => f.Wire == 2
        ? OnnxBytes.Block(f.Number, f.Inner?.Bytes() ?? f.Content)
            : [.. OnnxBytes.Varint((ulong)f.Number << 3 | (uint)f.Wire), .. f.Content]));

    /// <summary>Changes one field somewhere: a number, a name for another's, bytes, a field doubled, removed, moved or taken from another
    /// model.</summary>
    internal void Mutate(OnnxTree other, Random random)
    {
        (OnnxTree tree, int at) = Pick(random);
        if (at < 0) return;
        Field field = tree._fields[at];
        switch (random.Next(field.Inner is null ? 9 : 3))
        {
            case 0: tree._fields.RemoveAt(at); break;
            case 1: tree._fields.Insert(random.Next(tree._fields.Count + 1), field.Copy()); break;
            case 2:
                (OnnxTree theirs, int index) = other.Pick(random);
                if (index >= 0 && theirs.Kind == tree.Kind) tree._fields[at] = theirs._fields[index].Copy();
                break;
            default:
                if (field.Wire == 0) field.Content = OnnxBytes.Varint(unchecked((ulong)Numbers[random.Next(Numbers.Length)]));
                else if (field.Content.Length > 0)
                {
                    (OnnxTree donor, int index2) = Pick(random);
                    if (random.Next(2) == 0 && index2 >= 0 && donor._fields[index2] is { Wire: 2, Inner: null } name) field.Content =
                        name.Content;
                    else
                    {
                        field.Content = [.. field.Content];
                        field.Content[random.Next(field.Content.Length)] = (byte)random.Next(256);
                        if (random.Next(3) == 0) field.Content = [.. field.Content, .. field.Content];
                    }
                }
                break;
        }
    }

    // A field, deep ones more often than the few at the top.
    private (OnnxTree Tree, int At) Pick(Random random)
    {
        if (_fields.Count == 0) return (this, -1);
        int at = random.Next(_fields.Count);
        return _fields[at].Inner is { } inner && random.Next(8) > 0 ? inner.Pick(random) : (this, at);
    }

    private static ulong Varint(byte[] bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = bytes[at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80) return value;
        }
    }
}
