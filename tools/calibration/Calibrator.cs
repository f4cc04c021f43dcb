using System.Collections.Immutable;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.Calibration;

/// <summary>Areas of library cells that a primitive is made of one to one, with leakage: half adder, XOR, AND, flip-flop; and NAND2, the
/// unit that carries over.</summary>
public sealed record Cells(double HalfAdder, double Xor, double And, double FlipFlop, double FlipFlopLeakage, double Nand);

/// <summary>The fitted laws of one library.</summary>
public sealed record FittedLaws(ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice> Prices, double PathBase);

/// <summary>Fits the laws of all primitives at once to primitives and whole units: area, then energy and leakage per area, then delay on
/// the path.</summary>
public static class Calibrator
{
    // A primitive's own rows say more about its law than units that hold many primitives.
    private const double PrimitiveWeight = 2.0;
    private const double PriorWeight = 2.0;

    private static readonly ImmutableArray<(PrimitiveKind Kind, LawBasis Basis, bool Negative)> AreaTerms =
    [
        (PrimitiveKind.Multiplier, LawBasis.Product, false), (PrimitiveKind.Multiplier, LawBasis.ProductLog, false),
        (PrimitiveKind.Adder, LawBasis.Width, false), (PrimitiveKind.Adder, LawBasis.Constant, true),
        (PrimitiveKind.Comparator, LawBasis.Width, false), (PrimitiveKind.Mux, LawBasis.Width, false),
        (PrimitiveKind.LeftShifter, LawBasis.WidthStages, false), (PrimitiveKind.RightShifter, LawBasis.WidthStages, false),
        (PrimitiveKind.Placer, LawBasis.WidthStages, false), (PrimitiveKind.LeadingZeroCounter, LawBasis.Width, false),
    ];

    private static readonly ImmutableArray<(PrimitiveKind Kind, LawBasis Basis)> DelayTerms =
    [
        (PrimitiveKind.Multiplier, LawBasis.WidthSum), (PrimitiveKind.Adder, LawBasis.Width), (PrimitiveKind.Incrementer, LawBasis.Width),
        (PrimitiveKind.Comparator, LawBasis.Width), (PrimitiveKind.Mux, LawBasis.Constant), (PrimitiveKind.LeftShifter, LawBasis.Stages),
        (PrimitiveKind.RightShifter, LawBasis.Stages), (PrimitiveKind.Placer, LawBasis.Stages),
            (PrimitiveKind.LeadingZeroCounter, LawBasis.Width),
        (PrimitiveKind.Gate, LawBasis.Constant),
    ];

    /// <summary>The laws of a library, drawn to those of the first one.</summary>
    public static FittedLaws Fit(Library library, string reference, string source)
    {
        Library first = Library.All[0];
        Cells cells = library.Cells(reference);
        FittedLaws? elsewhere = library.Table == first.Table ? null : Fit(first, reference, source);
        return Fit(SynthesisRow.Read(library.SynthesisPath(reference)), cells, source, elsewhere, cells.Nand / first.Cells(reference).Nand);
    }

    /// <summary>
    /// The laws that fit the rows best; rows without a structure are passed over. A library with fewer rows is drawn towards the laws found
    /// <paramref name="elsewhere"/> times the ratio of the NAND2 areas, because NAND2 equivalents carry over between libraries.
    /// </summary>
    public static FittedLaws Fit(IEnumerable<SynthesisRow> rows, Cells cells, string source, FittedLaws? elsewhere = null,
        double areaRatio = 1)
    {
        (SynthesisRow Row, Structure Unit)[] data = [.. rows.Where(r => BlockStructures.Fitted.Contains(r.Block))
            .Select(r => (r, BlockStructures.Of(r.Block, r.Parameters)!)).Where(d => d.Item2 is not null)];
        ImmutableSortedDictionary<PrimitiveKind, CostLaw> area = FitArea(data, cells, elsewhere, areaRatio);
        double AreaOf(StructureItem i) =>
            i.Count * Math.Max(area[i.Primitive.Kind].At(i.Primitive), Floor(i.Primitive.Kind, cells) * i.Primitive.Width);
        ImmutableSortedDictionary<PrimitiveKind,
            double> energy = FitDensity(data.Where(d => !BlockStructures.HasIdleVectors(d.Row)), i => AreaOf(i) * i.Activity,
            r => r.Energy),
            leakage = FitDensity(data.Where(d => d.Row.Leakage > 0), AreaOf, r => r.Leakage);
        (ImmutableSortedDictionary<PrimitiveKind, CostLaw> delay, double pathBase) = FitDelay(data);
        ImmutableSortedDictionary<PrimitiveKind, PrimitivePrice>.Builder prices = ImmutableSortedDictionary.CreateBuilder<PrimitiveKind,
            PrimitivePrice>();
        foreach (PrimitiveKind kind in area.Keys.Where(k => k != PrimitiveKind.Register))
            prices.Add(kind, new PrimitivePrice(area[kind], Floor(kind, cells), delay.GetValueOrDefault(kind), energy[kind], leakage[kind],
                source));
        return new FittedLaws(prices.ToImmutable(), pathBase);
    }

    private static double Floor(PrimitiveKind kind, Cells cells) => kind == PrimitiveKind.Adder ? cells.HalfAdder : 0;

    private static ImmutableSortedDictionary<PrimitiveKind,
        CostLaw> FitArea((SynthesisRow Row, Structure Unit)[] data, Cells cells, FittedLaws? elsewhere, double areaRatio)
    {
        (PrimitiveKind Kind, double PerBit)[] known =
            [(PrimitiveKind.Incrementer, cells.HalfAdder), (PrimitiveKind.Xor, cells.Xor), (PrimitiveKind.Gate, cells.And),
                (PrimitiveKind.Register, cells.FlipFlop)];
        var fit = new LinearFit([.. AreaTerms.Select(t => t.Negative)]);
        foreach ((SynthesisRow row, Structure unit) in data)
        {
            double[] x = [.. AreaTerms.Select(t => unit.Items.Where(i => i.Primitive.Kind == t.Kind)
                .Sum(i => i.Count * CostLaw.Value(t.Basis, i.Primitive)))];
            double fixedArea = unit.Items.Sum(i => known.Where(k => k.Kind == i.Primitive.Kind)
                .Sum(k => k.PerBit * i.Primitive.Width * i.Count));
            fit.Add(x, row.Area - fixedArea, row.Area, Weight(row));
        }
        for (int i = 0; elsewhere is not null && i < AreaTerms.Length; i++)
        {
            double there = elsewhere.Prices[AreaTerms[i].Kind].Area.Terms.Where(t => t.Key == AreaTerms[i].Basis)
                .Sum(t => t.Value) * areaRatio;
            if (there != 0) fit.Prior(i, there, PriorWeight);
        }
        double[] solved = fit.Solve();
        return AreaTerms.Select((t, i) => (t.Kind, Term: new KeyValuePair<LawBasis, double>(t.Basis, Round(solved[i]))))
            .Where(t => t.Term.Value != 0).GroupBy(t => t.Kind)
            .Select(g => (Kind: g.Key, Law: new CostLaw([.. g.Select(t => t.Term)])))
            .Concat(known.Select(k => (k.Kind, new CostLaw([new(LawBasis.Width, k.PerBit)]))))
            .ToImmutableSortedDictionary(t => t.Item1, t => t.Item2);
    }

    // Errors count relative to the mean density times area: relative to the row itself, the few idle units (2-bit data, far exponents)
    // would pull every kind down.
    // One density a kind, drawn to the mean of all rows where the rows do not separate the kinds.
    private static ImmutableSortedDictionary<PrimitiveKind,
        double> FitDensity(IEnumerable<(SynthesisRow Row, Structure Unit)> rows, Func<StructureItem, double> areaOf, Func<SynthesisRow,
        double> metric)
    {
        (SynthesisRow Row, Structure Unit)[] data = [.. rows];
        PrimitiveKind[] kinds = [.. Enum.GetValues<PrimitiveKind>().Where(k => k is not (PrimitiveKind.Register or PrimitiveKind.Table))];
        double mean = data.Average(d => metric(d.Row) / d.Row.Area);
        var fit = new LinearFit(new bool[kinds.Length]);
        foreach ((SynthesisRow row, Structure unit) in data)
            fit.Add([.. kinds.Select(k => unit.Items.Where(i => i.Primitive.Kind == k).Sum(areaOf))], metric(row), mean * row.Area,
                Weight(row));
        for (int i = 0; i < kinds.Length; i++) fit.Prior(i, mean, PriorWeight);
        double[] solved = fit.Solve();
        return kinds.Select((k, i) => (k, Round(solved[i]))).ToImmutableSortedDictionary(t => t.k, t => t.Item2);
    }

    private static (ImmutableSortedDictionary<PrimitiveKind, CostLaw> Laws, double Base) FitDelay((SynthesisRow Row, Structure Unit)[] data)
    {
        var fit = new LinearFit(new bool[DelayTerms.Length + 1]);
        foreach ((SynthesisRow row, Structure unit) in data)
            fit.Add([.. DelayTerms.Select(t => unit.Items.Where(i => i.OnPath && i.Primitive.Kind == t.Kind)
                .Sum(i => CostLaw.Value(t.Basis, i.Primitive))), 1],
                row.Delay, row.Delay, 1);
        double[] solved = fit.Solve();
        return (DelayTerms.Select((t, i) => (t.Kind, new CostLaw([new(t.Basis, Round(solved[i]))])))
            .ToImmutableSortedDictionary(t => t.Kind, t => t.Item2), Round(solved[^1]));
    }

    private static double Weight(SynthesisRow row) => BlockStructures.Primitives.Contains(row.Block) ? PrimitiveWeight : 1;

    // Four significant digits: what is written is what was judged.
    private static double Round(double value) => value == 0 ? 0
        : double.Parse(value.ToString("G4", System.Globalization.CultureInfo.InvariantCulture),
        System.Globalization.CultureInfo.InvariantCulture);
}
