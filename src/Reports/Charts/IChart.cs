namespace Sim.Reports.Charts;

/// <summary>A static figure. The same chart gives the same bytes.</summary>
public interface IChart
{
    /// <summary>File name without extension.</summary>
    string Name { get; }

    /// <summary>A complete SVG document, readable on white and in print.</summary>
    string ToSvg();
}
