using System.Collections.Immutable;

namespace Sim.Exploration.Widths;

/// <summary>One layer with an accumulator of some width; everything else exact.</summary>
/// <param name="Bits">Width of this layer's register, which wraps.</param>
/// <param name="Persistent">Outputs on the data whose final sum leaves it.</param>
/// <param name="Transient">Outputs with an inner sum only that leaves it (products in order of K after a preloaded bias).</param>
/// <param name="Accuracy">Top-1 on the data when this layer alone has the width; null without labels.</param>
/// <param name="Agreement">Share of samples decided as with exact sums.</param>
/// <param name="MacSquareMicrometres">Area of one multiply-accumulate, its register included.</param>
/// <param name="MacPicojoules">Energy of one multiply-accumulate.</param>
/// <param name="NanojoulesPerSample">That energy for all products of the layer.</param>
/// <param name="FinnLuts">LUTs of the layer in FINN (<see cref="FinnUnit"/>).</param>
public sealed record LayerAtWidth(int Bits, long Persistent, long Transient, double? Accuracy, double Agreement,
    double MacSquareMicrometres, double MacPicojoules,
    double NanojoulesPerSample, double FinnLuts)
{
    /// <summary>Accuracy, or where there are no labels, agreement with exact sums.</summary>
    internal double Score => Accuracy ?? Agreement;
}

/// <summary>The widths that matter to a layer, and what each costs and saves.</summary>
/// <param name="Proven">Least width that provably holds every partial sum.</param>
/// <param name="Observed">Least width that held every partial sum on the data.</param>
/// <param name="ObservedFinal">Least width that held every final sum on the data: wrapping at it changes nothing there.</param>
/// <param name="Failing">Greatest width at which accuracy (without labels: agreement) falls by more than
/// <see cref="WidthStudy.LossThatCounts"/> when this layer alone wraps; null: none was found.</param>
/// <param name="Widths">32 bits first, then from proven downwards until half the accuracy is lost.</param>
public sealed record LayerWidths(string Name, string Operator, int Rows, int K, long MacsPerSample, int Proven, int Observed,
    int ObservedFinal, int? Failing, ImmutableArray<LayerAtWidth> Widths);

/// <summary>The whole network with wrapping registers of one width in every layer.</summary>
/// <param name="Persistent">Outputs on the data whose final sum leaves the register, counted where nothing overflowed before.</param>
public sealed record NetworkAtWidth(int Bits, double? Accuracy, double Agreement, long Persistent, long Transient);

/// <summary>Another network beside, made for a width: its accuracy with registers of the width that is proved for it.</summary>
/// <param name="Series">What networks of several widths have in common, for the figure: the file name without its width.</param>
public sealed record NetworkMadeForWidth(string Series, string Name, int Proven, double? Accuracy, double Agreement);

/// <summary>Proven, observed and failing accumulator widths of an integer network on data, what each width costs and saves, and accuracy
/// against width.</summary>
/// <param name="Technology">The technology of areas and energies.</param>
/// <param name="Accuracy">Top-1 with exact sums; null without labels.</param>
/// <param name="Network">Every layer at the same width, from the widest proven one downwards until half the accuracy is lost.</param>
public sealed record WidthStudy(string Name, int Samples, string Technology, double? Accuracy, ImmutableArray<LayerWidths> Layers,
    ImmutableArray<NetworkAtWidth> Network,
    ImmutableArray<NetworkMadeForWidth> Beside)
{
    /// <summary>Schema name and version of the JSON form.</summary>
    public string Schema { get; init; } = "sim.widths/1";

    /// <summary>A fall in accuracy by more than this share of the samples is a failure.</summary>
    public const double LossThatCounts = 0.01;
}
