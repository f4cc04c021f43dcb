using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Technologies;

/// <summary>The `sram` mapping of a technology file: a source and points. A value that the source does not give is left out.</summary>
internal static class SramYaml
{
    private static readonly YamlField<int> Bytes = YamlField.Required("bytes", YamlTypes.PositiveInteger, "Capacity of the macro.");
    private static readonly YamlField<int> PortBits = YamlField.Required("port_bits", YamlTypes.PositiveInteger, "Width of one access.");
    private static readonly YamlField<double> Read = Positive("read_pj", "Energy of one read of a port word, pJ.");
    private static readonly YamlField<double> Write = Positive("write_pj", "Energy of one write of a port word, pJ.");
    private static readonly YamlField<double> Leakage = Positive("leakage_mw", "Leakage of the macro, mW.");
    private static readonly YamlField<double> Access = Positive("access_ns", "Access time, ns.");
    private static readonly YamlField<double> Area = Positive("area_mm2", "Area, mm².");
    private static readonly YamlField<ImmutableArray<SramPoint>> Points = YamlField.Required("points", YamlTypes.List(Point(), 2),
        "Known macros.");
    private static readonly YamlField<string> Source = YamlField.Required("source", YamlTypes.Text, "Where the points come from.");

    /// <summary>The mapping as a type.</summary>
    public static YamlType<SramTable> Type
        { get; } = YamlTypes.Map(new YamlSchema("SRAM table", "Known SRAM macros; values between them are interpolated.", [Source, Points]),
        (YamlMap map, DiagnosticBag bag, out SramTable value) =>
        {
            value = null!;
            if (!(Points.TryRead(map, bag, out ImmutableArray<SramPoint> points)
                & Source.TryRead(map, bag, out string source))) return false;
            foreach (IGrouping<(long, int), SramPoint> twice in points.GroupBy(p => (p.Bytes, p.PortBits)).Where(g => g.Count() > 1))
                bag.Error(Points.Place(map), "CFG005",
                    $"the point of {twice.Key.Item1} bytes and {twice.Key.Item2} port bits is given twice");
            value = new SramTable(points, source);
            return true;
        });

    private static YamlType<SramPoint> Point() => YamlTypes.Map(
        new YamlSchema("SRAM point", "One macro.", [Bytes, PortBits, Read, Write, Leakage, Access, Area]),
        (YamlMap map, DiagnosticBag bag, out SramPoint value) =>
        {
            bool good = Bytes.TryRead(map, bag, out int bytes) & PortBits.TryRead(map, bag, out int port);
            value = new SramPoint(bytes, port, Known(Read, map, bag), Known(Write, map, bag), Known(Leakage, map, bag),
                Known(Access, map, bag), Known(Area, map, bag));
            return good;
        });

    private static double? Known(YamlField<double> field, YamlMap map, DiagnosticBag bag) =>
        field.TryRead(map, bag, out double value) ? value : null;

    private static YamlField<double> Positive(string name, string description) =>
        YamlField.Optional(name, YamlTypes.Number(0, PrimitivesYaml.Largest, exclusive: true), description);
}
