using System.Globalization;
using NUnit.Framework;

namespace Sim.Simulator.Tests.Nests;

/// <summary>A strict reader of value change dumps (IEEE 1364-2005, clause 18): sections in order, declared signals only, vectors of their
/// width, time that grows.</summary>
internal sealed class VcdReader
{
    private readonly Dictionary<string, (string Name, string Kind, int Width)> _signals = new(StringComparer.Ordinal);

    public VcdReader(string text)
    {
        var scopes = new Stack<string>();
        bool declared = false;
        long time = -1;
        string[] tokens = text.Split(['\n', ' '], StringSplitOptions.RemoveEmptyEntries);
        for (int i = 0; i < tokens.Length; i++)
        {
            string token = tokens[i];
            if (!declared)
            {
                int end = Array.IndexOf(tokens, "$end", i);
                string[] section = tokens[(i + 1)..end];
                i = end;
                switch (token)
                {
                    case "$version" or "$comment": break;
                    case "$timescale": Timescale = string.Join(' ', section); break;
                    case "$scope":
                        Assert.That((section.Length, section[0]), Is.EqualTo((2, "module")));
                        Assert.That(section[1], Does.Match("^[A-Za-z_][A-Za-z0-9_]*$"));
                        scopes.Push(section[1]);
                        break;
                    case "$upscope": scopes.Pop(); break;
                    case "$var": Declare(section, scopes); break;
                    case "$enddefinitions":
                        Assert.That(scopes, Is.Empty);
                        declared = true;
                        break;
                    default: Assert.Fail($"{token} before $enddefinitions"); break;
                }
            }
            else if (token[0] == '#')
            {
                long now = long.Parse(token.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture);
                Assert.That(now, Is.GreaterThan(time));
                if (time >= 0) Moments.Add((time, now - time, new Dictionary<string, double>(Values)));
                time = now;
            }
            else Change(token, token[0] is 'b' or 'r' ? tokens[++i] : token[1..], time);
        }
        Assert.That(declared, Is.True);
        End = time;
    }

    public string Timescale { get; } = "";

    public long End { get; }

    /// <summary>Names of signals.</summary>
    public IEnumerable<string> Names => _signals.Values.Select(s => s.Name);

    public int Changes { get; private set; }

    /// <summary>By name, at the end.</summary>
    public Dictionary<string, double> Values { get; } = new(StringComparer.Ordinal);

    /// <summary>From a time for so long: the values.</summary>
    public List<(long Time, long Length, Dictionary<string, double> Values)> Moments { get; } = [];

    private void Declare(string[] section, Stack<string> scopes)
    {
        Assert.That(section.Length, Is.InRange(4, 5));
        int width = int.Parse(section[1], NumberStyles.None, CultureInfo.InvariantCulture);
        Assert.That(section[0], Is.AnyOf("wire", "real"));
        if (section[0] == "real" || width == 1) Assert.That(section, Has.Length.EqualTo(4));
        else Assert.That(section[4], Is.EqualTo($"[{width - 1}:0]"));
        if (section[0] == "real") Assert.That(width, Is.EqualTo(64));
        Assert.That(section[2].All(c => c is >= '!' and <= '~'), section[2]);
        string name = string.Join('.', scopes.Reverse().Append(section[3]));
        Assert.That(_signals.Values.Select(s => s.Name), Has.None.EqualTo(name));
        _signals.Add(section[2], (name, section[0], width));
    }

    private void Change(string token, string code, long time)
    {
        Assert.That(time, Is.GreaterThanOrEqualTo(0));
        Assert.That(_signals, Contains.Key(code));
        (string name, string kind, int width) = _signals[code];
        Changes++;
        if (token[0] == 'r')
        {
            Assert.That(kind, Is.EqualTo("real"));
            Values[name] = double.Parse(token.AsSpan(1), NumberStyles.Float, CultureInfo.InvariantCulture);
            return;
        }
        Assert.That(kind, Is.EqualTo("wire"));
        string bits = token[0] == 'b' ? token[1..] : token[..1];
        Assert.That(bits, Has.Length.EqualTo(width).And.Match("^[01]*$"));
        long value = bits.Aggregate(0L, (v, c) => (v << 1) | (c == '1' ? 1L : 0));
        if (width > 1 && width < 64 && bits[0] == '1') value -= 1L << width;
        Values[name] = value;
    }
}
