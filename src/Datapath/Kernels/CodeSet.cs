namespace Sim.Datapath.Kernels;

/// <summary>A set of codes of at most 8 bits.</summary>
internal sealed class CodeSet
{
    private readonly ulong[] _words = new ulong[4];

    /// <summary>The codes that occur.</summary>
    public static CodeSet Of(ReadOnlySpan<byte> codes)
    {
        Span<bool> seen = stackalloc bool[256];
        seen.Clear();
        foreach (byte code in codes) seen[code] = true;
        var set = new CodeSet();
        for (int code = 0; code < seen.Length; code++)
            if (seen[code]) set.Add(code);
        return set;
    }

    /// <summary>The codes of which a statement holds.</summary>
    public static CodeSet Where(Func<int, bool> holds)
    {
        var set = new CodeSet();
        foreach (int code in Enumerable.Range(0, 256).Where(holds)) set.Add(code);
        return set;
    }

    /// <summary>Whether a code is in the set.</summary>
    public bool Has(int code) => (_words[code >> 6] >> (code & 63) & 1) != 0;

    /// <summary>Whether two sets share a code.</summary>
    public bool Meets(CodeSet other)
    {
        ulong both = 0;
        for (int i = 0; i < _words.Length; i++) both |= _words[i] & other._words[i];
        return both != 0;
    }

    private void Add(int code) => _words[code >> 6] |= 1UL << (code & 63);
}
