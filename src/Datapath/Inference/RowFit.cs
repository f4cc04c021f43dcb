using System.Collections.Immutable;
using Sim.Datapath.Formats;
using Sim.Datapath.Specs;

namespace Sim.Datapath.Inference;

/// <summary>Which datapaths give every recorded answer, and a row whose answer tells those apart.</summary>
public sealed class RowFit
{
    /// <summary>Random rows that the datapaths are tried on for the one that tells most of them apart.</summary>
    public const int Trials = 300;

    // Of the random rows, over all datapaths.
    private const int MostProducts = 20_000_000;

    // Fits beyond these are the same few rules with other numbers of fraction bits.
    private const int MostCompared = 96;

    private RowFit(ImmutableArray<RecordedRow> rows, ImmutableArray<DatapathSpec> fits, int tried,
        (DatapathSpec Datapath, int Rows, int First)? nearest)
    {
        (Rows, Fits, Tried, Nearest) = (rows, fits, tried, nearest);
    }

    /// <summary>The rows.</summary>
    public ImmutableArray<RecordedRow> Rows { get; }

    /// <summary>The datapaths that give every answer; chip profiles first.</summary>
    public ImmutableArray<DatapathSpec> Fits { get; }

    /// <summary>How many datapaths were held against the rows.</summary>
    public int Tried { get; }

    /// <summary>Where nothing fits, the profile with the most answers right, how many, and the first row that it misses.</summary>
    public (DatapathSpec Datapath, int Rows, int First)? Nearest { get; }

    /// <summary>Holds every candidate against the rows; a candidate is dropped at the first answer that differs.</summary>
    public static RowFit Of(ImmutableArray<RecordedRow> rows, int operandDigits, int registerDigits,
        (INumberFormat Activation, INumberFormat Weight)? operands)
    {
        if (rows.IsEmpty) throw new ArgumentException("no rows", nameof(rows));
        DatapathSpec[] profiles = [.. CandidateGrid.Profiles(operandDigits, registerDigits, operands)];
        // A profile that the grid holds too is listed once, by its name.
        DatapathSpec[] all = [.. profiles.Concat(CandidateGrid.Units(operandDigits, registerDigits, rows.Max(r => r.A.Length), operands)
            .Where(unit => !profiles.Any(p => p with { Name = "" } == unit)))];
        var fits = new bool[all.Length];
        Parallel.For(0, all.Length, i => fits[i] = rows.All(row => row.Fits(all[i])));
        ImmutableArray<DatapathSpec> found = [.. all.Where((_, i) => fits[i])];
        if (!found.IsEmpty || profiles.Length == 0) return new(rows, found, all.Length, null);
        var right = new int[profiles.Length];
        Parallel.For(0, profiles.Length, i => right[i] = rows.Count(row => row.Fits(profiles[i])));
        int best = Array.IndexOf(right, right.Max());
        return new(rows, found, all.Length,
            (profiles[best], right[best], rows.Select((row, at) => (row, at)).First(r => !r.row.Fits(profiles[best])).at));
    }

    /// <summary>
    /// A row and the answers of the datapaths that fit, for whoever can ask the chip: of random rows (the first sums of uniform codes, then
    /// of nearby exponents) the one whose answers split them into the most groups; null when none of them splits them. Datapaths that gave
    /// the same answer on every random row are not told apart by it either.
    /// </summary>
    public (RecordedRow Row, ImmutableArray<(uint Answer, ImmutableArray<DatapathSpec> Datapaths)> Groups)? TellingRow()
    {
        DatapathSpec[] compared = [.. Fits.Take(MostCompared)];
        if (compared.Length < 2) return null;
        INumberFormat activation = compared[0].Activation, weight = compared[0].Weight,
            register = ((FloatAccumulator)compared[0].Accumulator).Format;
        // Other operand formats read other numbers from the same codes; the row is for those of the first.
        compared = [.. compared.Where(d => Width(d.Activation) == Width(activation) && Width(d.Weight) == Width(weight))];
        // Two steps of the widest unit tell as much as many; long rows are drawn fewer times.
        int widest = compared.Max(d => d.Dot?.Lanes ?? 1), k = Math.Min(Rows.Max(r => r.A.Length), Math.Max(64, 2 * widest)),
            drawn = Math.Clamp(MostProducts / (k * compared.Length), 20, Trials);
        var answers = new uint[drawn][];
        RecordedRow[] trials = [.. Enumerable.Range(0, drawn).Select(t => RandomRow.Draw((ulong)t, k, activation, weight, register))];
        Parallel.For(0, drawn, t => answers[t] = [.. compared.Select(d => trials[t].Answer(d))]);
        int best = Enumerable.Range(0, drawn).MaxBy(t => answers[t].Distinct().Count());
        if (answers[best].Distinct().Count() < 2) return null;
        return (trials[best], [.. compared.Select((d, i) => (Datapath: d, Answer: answers[best][i])).GroupBy(x => x.Answer)
            .Select(g => (g.Key, (ImmutableArray<DatapathSpec>)[.. g.Select(x => x.Datapath)]))]);

        static int Width(INumberFormat format) => format.ContainerBits;
    }
}
