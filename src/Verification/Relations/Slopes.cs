namespace Sim.Verification.Relations;

/// <summary>
/// Slopes of the lines that replace each staircase of a chain, above where the operand pulls the sum up and below where it pulls it down.
/// Any slopes of at least 0 give a bound that holds: they are the multipliers of the linear program's dual, and 0 is the operand's box.
/// </summary>
internal sealed class Slopes
{
    private readonly double[][] _above, _below;

    private Slopes(double[][] above, double[][] below) => (_above, _below) = (above, below);

    /// <summary>Lines that are tightest in the middle of each staircase down to a depth; boxes beyond.</summary>
    internal static Slopes Middle(RelaxedSum sum, int depth) => new(Each(sum, depth, above: true), Each(sum, depth, above: false));

    internal double[] Of(int level, bool above) => (above ? _above : _below)[level];

    internal Slopes Copy() => new(Array.ConvertAll(_above, a => (double[])a.Clone()), Array.ConvertAll(_below, a => (double[])a.Clone()));

    private static double[][] Each(RelaxedSum sum, int depth, bool above) =>
        [.. sum.Levels.Where(l => l.IsMade)
            .Select((l, t) => Enumerable.Range(0, l.Count).Select(n => t < depth ? sum.Stairs(t, n, above).MiddleSlope(above) : 0)
            .ToArray())];
}
