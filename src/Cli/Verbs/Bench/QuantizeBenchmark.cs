using Sim.Datapath.Formats;
using Sim.Datapath.Kernels;
using Sim.Foundation.Random;

namespace Sim.Cli.Verbs.Bench;

/// <summary>Quantization of an array larger than the caches, against a copy of it.</summary>
internal sealed class QuantizeBenchmark : IBenchmark
{
    private const int Count = 1 << 24;
    private const double Goal = 0.3;
    private const string Copy = "copy of the same float array";

    // With the scale that puts the largest number of the format on the largest of the array.
    private static readonly (string Name, double Scale, double? Goal)[] Formats =
    [
        ("e4m3", 1 / 448.0, Goal), ("e5m2", 1 / 57344.0, Goal), ("e2m1", 1 / 6.0, Goal), ("int8", 1 / 127.0, Goal), ("bf16", 1, null),
            ("fp16", 1, null),
        ("e4m3fnuz", 1 / 240.0, Goal), ("p3109_k8p3se", 1, Goal), ("posit8_0", 1, Goal), ("posit8_2", 1, Goal), ("posit16_1", 1, null),
            ("hif8", 1, Goal), ("lns8_3", 1, Goal),
        ("nf4", 1, Goal), ("po2_8", 1, Goal), ("ternary", 1, Goal),
    ];

    private static readonly string[] BlockFormats =
        ["mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8", "nvfp4", "nvfp4_te", "nvint4", "bfp8", "msfp12",
            "dfp8"];

    public string Name => "quantize";

    public string Summary => $"{Count} binary32 numbers, scaled and rounded to codes, one thread, against a copy of the same array (elements a second) in the same run.";

    public IReadOnlyList<BenchRow> Run(Action<string> progress)
    {
        var random = new RandomStream(16);
        var values = new float[Count];
        for (int i = 0; i < Count; i++) values[i] = (float)Math.Clamp(random.NextNormal() / 4, -1, 1);
        var target = new float[Count];
        progress("copy");
        double copy = BestOf.Seconds(() => values.AsSpan().CopyTo(target));
        var found = new List<(string Name, double Seconds, double? Goal)>();
        var bytes = new byte[Count];
        var codes = new uint[Count];
        foreach ((string name, double scale, double? goal) in Formats)
        {
            progress(name);
            INumberFormat format = FormatCatalogue.Parse(name);
            var quantizer = Quantizer.For(format,
                new Rounding(name == "hif8" ? RoundingMode.NearestAway : RoundingMode.NearestEven, OverflowPolicy.Saturate));
            double seconds = format.Bits <= 8
                ? BestOf.Seconds(() => quantizer.Encode(values, (float)scale, 0, bytes))
                : BestOf.Seconds(() => quantizer.Encode(values, (float)scale, 0, codes));
            copy = Math.Min(copy, BestOf.Seconds(() => values.AsSpan().CopyTo(target)));
            found.Add((name, seconds, goal));
        }
        foreach (string name in BlockFormats)
        {
            progress(name);
            BlockFormat format = BlockCatalogue.Parse(name);
            var quantizer = BlockQuantizer.For(format, Rounding.NearestEven);
            var scales = new uint[format.Blocks(Count)];
            double seconds = BestOf.Seconds(() =>
            {
                var events = new BlockEvents();
                quantizer.EncodeRow(values, 1, scales, codes, ref events);
            });
            copy = Math.Min(copy, BestOf.Seconds(() => values.AsSpan().CopyTo(target)));
            found.Add(($"{name} blocks", seconds, Goal));
        }
        return [new BenchRow("copy", "Span.CopyTo", copy * 1e3, Count / copy / 1e9, "G elements/s", 1, Copy),
            .. found.Select(f => new BenchRow($"float → {f.Name}", "512-bit lanes", f.Seconds * 1e3, Count / f.Seconds / 1e9,
                "G elements/s", copy / f.Seconds, Copy, f.Goal))];
    }
}
