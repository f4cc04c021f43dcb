using System.Globalization;
using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Datapath.Structures;

namespace Sim.Calibration;

/// <summary>Prediction against synthesis for one block.</summary>
public sealed record Prediction(SynthesisRow Row, StructureCost Cost)
{
    /// <summary>Predicted area over synthesised area, minus one.</summary>
    public double AreaError => (Cost.AreaSquareMicrometres / Row.Area) - 1;

    /// <summary>Likewise for energy.</summary>
    public double EnergyError => (Cost.EnergyFemtojoules / Row.Energy) - 1;

    /// <summary>Likewise for delay.</summary>
    public double DelayError => (Cost.DelayNanoseconds / Row.Delay) - 1;

    /// <summary>Likewise for leakage.</summary>
    public double LeakageError => (Cost.LeakageNanowatts / Row.Leakage) - 1;
}

/// <summary>How far a technology's prices are from synthesis, by family of blocks.</summary>
public static class ErrorTable
{
    /// <summary>Every row that has a structure, priced.</summary>
    public static IReadOnlyList<Prediction> Predict(IEnumerable<SynthesisRow> rows, CostModel model) =>
        [.. from row in rows let unit = BlockStructures.Of(row.Block, row.Parameters) where unit is not null
            select new Prediction(row, model.Price(unit))];

    /// <summary>Markdown: family, rows, mean and largest |area error|, bias, mean |energy error|, mean |delay error|, mean |leakage
    /// error|.</summary>
    public static string Markdown(IEnumerable<Prediction> predictions)
    {
        var lines = new List<string>
        {
            "| family | fitted | rows | area mean | area max (where) | area bias | energy mean | energy max | delay mean | leakage mean |",
            "|---|---|--:|--:|---|--:|--:|--:|--:|--:|",
        };
        foreach (IGrouping<string, Prediction> family in predictions.GroupBy(p => p.Row.Block).OrderBy(g => Order(g.Key)))
        {
            Prediction worst = family.MaxBy(p => Math.Abs(p.AreaError))!;
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"| {family.Key} | {(BlockStructures.Fitted.Contains(family.Key) ? "yes" : "no")} | {family.Count()} | {Mean(family, p => p.AreaError):0.0} % | {100 * worst.AreaError:+0;-0} % ({worst.Row.Parameters}) | {100 * family.Average(p => p.AreaError):+0.0;-0.0} % | {Mean(family, p => p.EnergyError):0} % | {100 * family.Max(p => Math.Abs(p.EnergyError)):0} % | {Mean(family, p => p.DelayError):0} % | {Leakage(family)} |"));
        }
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>Mean |error| in per cent.</summary>
    public static double Mean(IEnumerable<Prediction> predictions, Func<Prediction, double> error) =>
        100 * predictions.Average(p => Math.Abs(error(p)));

    // Tables round the leakage of small blocks to 0.0.
    private static string Leakage(IEnumerable<Prediction> family) => family.Where(p => p.Row.Leakage > 0).ToArray() is { Length: > 0 } known
        ? string.Create(CultureInfo.InvariantCulture, $"{Mean(known, p => p.LeakageError):0} %") : "unknown";

    private static int Order(string family) =>
        BlockStructures.Fitted.ToList().IndexOf(family) is var i and >= 0 ? i : 100 + BlockStructures.HeldOut.ToList().IndexOf(family);
}
