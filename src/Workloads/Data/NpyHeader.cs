using System.Globalization;
using Sim.Foundation.Diagnostics;

namespace Sim.Workloads.Data;

/// <summary>
/// The header of a .npy file: a Python dictionary with the keys descr, fortran_order and shape, once each, and nothing else. What NumPy
/// refuses is refused; the long integers of Python 2 (`2L`), either quote and the prefixes u and b are taken.
/// </summary>
internal sealed class NpyHeader
{
    private readonly string _text;
    private readonly bool _longs;
    private int _at;

    private NpyHeader(string text, bool longs) => (_text, _longs) = (text, longs);

    internal string? Descr { get; private set; }

    internal int DescrAt { get; private set; }

    internal bool? Fortran { get; private set; }

    internal int[]? Shape { get; private set; }

    internal int ShapeAt { get; private set; }

    /// <summary>What is wrong, with its code and offset; null when the header is whole.</summary>
    internal (int At, string Code, string What)? Fault { get; private set; }

    /// <summary>Reads a header; <paramref name="longs"/> says whether integers may end in L, as Python 2 wrote them.</summary>
    internal static NpyHeader Of(string text, bool longs)
    {
        var header = new NpyHeader(text, longs);
        if (header.Dictionary() && header.Fault is null && header._at < text.Length)
            header.Fail("NPY003", $"the header goes on after its dictionary with '{header.Near()}'");
        return header;
    }

    private bool Dictionary()
    {
        if (!Take('{')) return Fail("NPY003", $"the header is no Python dictionary; found '{Near()}'");
        while (!Take('}'))
        {
            int at = _at;
            if (Quoted() is not { } key) return Fail("NPY003", $"a key of the header is expected in quotes, found '{Near()}'");
            bool known = key is "descr" or "fortran_order" or "shape";
            bool again = key switch { "descr" => Descr is not null, "fortran_order" => Fortran is not null, _ => Shape is not null };
            if (!known || again)
            {
                _at = at;
                return Fail("NPY003", known ? $"the header gives '{key}' twice"
                    : "the header has a key that is not one of descr, fortran_order, shape");
            }
            if (!Take(':')) return Fail("NPY003", $"':' is missing after '{key}'");
            if (!Value(key)) return false;
            if (Take(',')) continue;
            if (Take('}')) break;
            return Fail("NPY003", $"',' or '}}' is missing after the value of '{key}', found '{Near()}'");
        }
        if (Descr is null || Fortran is null || Shape is null)
            return Fail("NPY003", $"the header lacks '{(Descr is null ? "descr" : Fortran is null ? "fortran_order" : "shape")}'");
        Blanks();
        return true;
    }

    private bool Value(string key)
    {
        Blanks();
        switch (key)
        {
            case "descr":
                DescrAt = _at;
                if (_at < _text.Length && _text[_at] is '[' or '(') return Fail("NPY004", "structured types are not supported");
                Descr = Quoted();
                return Descr is not null || Fail("NPY003", $"'descr' must be a type in quotes, found '{Near()}'");
            case "fortran_order":
                Fortran = Word("True") ? true : Word("False") ? false : null;
                return Fortran is not null || Fail("NPY003", $"'fortran_order' must be True or False, found '{Near()}'");
            default:
                ShapeAt = _at;
                Shape = Tuple();
                return Shape is not null;
        }
    }

    private int[]? Tuple()
    {
        var sizes = new List<int>();
        bool comma = true;
        if (!Take('(')) return Wrong();
        while (!Take(')'))
        {
            Blanks();
            int from = _at;
            while (_at < _text.Length && char.IsAsciiDigit(_text[_at])) _at++;
            // Python takes no leading zero, but 0 itself.
            bool whole = int.TryParse(_text.AsSpan(from, _at - from), NumberStyles.None, CultureInfo.InvariantCulture, out int size)
                && (_text[from] != '0' || _at == from + 1);
            if (!comma || !whole || sizes.Count == 64) return Wrong();
            if (_longs && _at < _text.Length && _text[_at] is 'L' or 'l') _at++;
            sizes.Add(size);
            comma = Take(',');
        }
        return sizes.Count == 1 && !comma ? Wrong() : [.. sizes];
    }

    private int[]? Wrong()
    {
        int end = _text.IndexOf(')', ShapeAt);
        string found = _text[ShapeAt..(end < 0 ? _text.Length : end + 1)];
        _at = ShapeAt;
        Fail("NPY005", $"shape {PlainText.Of(found)} is not a tuple of whole numbers that an array can have");
        return null;
    }

    private string? Quoted()
    {
        Blanks();
        int at = _at;
        if (at < _text.Length && _text[at] is 'u' or 'b') at++;
        if (at >= _text.Length || _text[at] is not ('\'' or '"')) return null;
        int end = _text.IndexOf(_text[at], at + 1);
        if (end < 0) return null;
        string inside = _text[(at + 1)..end];
        if (inside.AsSpan().IndexOfAny('\\', '\n') >= 0) return null;
        _at = end + 1;
        return inside;
    }

    private bool Word(string word)
    {
        int end = _at + word.Length;
        if (!_text.AsSpan(_at).StartsWith(word, StringComparison.Ordinal) || end < _text.Length
            && (char.IsLetterOrDigit(_text[end]) || _text[end] == '_')) return false;
        _at = end;
        return true;
    }

    private bool Take(char c)
    {
        Blanks();
        if (_at >= _text.Length || _text[_at] != c) return false;
        _at++;
        return true;
    }

    private void Blanks()
    {
        while (_at < _text.Length && _text[_at] is ' ' or '\t' or '\n' or '\r' or '\f') _at++;
    }

    // A few printable characters at the fault: enough to find it, too few to leak a file that is no array.
    private string Near() => PlainText.Of(_text[_at..Math.Min(_text.Length, _at + 12)]);

    private bool Fail(string code, string what)
    {
        Fault ??= (_at, code, what);
        return false;
    }
}
