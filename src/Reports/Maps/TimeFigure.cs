using System.Collections.Immutable;
using Sim.Foundation.Text;
using Sim.Mapper.Answers;
using Sim.Mapper.Timing;
using Sim.Reports.Charts;

namespace Sim.Reports.Maps;

/// <summary>Where the cycles of each kind of layer go, all of its layers together: products, waits by resource, drain.</summary>
internal static class TimeFigure
{
    private const double Row = 20, Label = 210, Width = 1180, Number = 96;

    /// <summary>The drawing with its legend.</summary>
    public static string Of(ImmutableArray<(MappedLayer Layer, int Times, int Kind)> kinds)
    {
        string[] causes = ["compute", .. kinds
            .SelectMany(k => k.Layer.Time.Stalls.Select(s => (s.Resource, Cycles: (double)s.Cycles * k.Times)))
            .GroupBy(s => s.Resource.ToString()).OrderByDescending(g => g.Sum(s => s.Cycles)).ThenBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => g.Key), "drain"];
        double most = kinds.Max(k => (double)k.Layer.Time.Total * k.Times);
        var svg = new SvgText(Width, kinds.Length * Row + 8, "Cycles of each kind of layer", "bars");
        for (int i = 0; i < kinds.Length; i++)
        {
            (MappedLayer layer, int times, int kind) = kinds[i];
            double y = i * Row + 4, x = Label;
            string name = layer.Layer.Name.Length <= 24 ? layer.Layer.Name : layer.Layer.Name[..23] + "…";
            svg.Raw($"<a href=\"#kind{kind}\">");
            svg.Text(Label - 8, y + 13, times > 1 ? $"{name} × {times}" : name, "tick", "end");
            svg.Raw("</a>");
            foreach ((string cause, double cycles) in Parts(layer, times))
            {
                double width = cycles / most * (Width - Label - Number);
                svg.Raw($"<rect x=\"{SvgText.F(x)}\" y=\"{SvgText.F(y)}\" width=\"{SvgText.F(width)}\" height=\"{SvgText.F(Row - 5)}\" "
                    + $"fill=\"{Palette.Category(Array.IndexOf(causes, cause))}\"><title>"
                    + SvgText.E($"{layer.Layer.Name}: {cause} {SiNumber.Of(cycles).TrimEnd()} cycles") + "</title></rect>");
                x += width;
            }
            svg.Text(x + 6, y + 13, SiNumber.Of((double)layer.Time.Total * times).TrimEnd(), "tick");
        }
        return Legend(causes.Select((c, i) => (i == 0 || c == "drain" ? c : "waits for " + c, Palette.Category(i)))) + svg;
    }

    /// <summary>Names beside their colours.</summary>
    public static string Legend(IEnumerable<(string Name, string Colour)> entries) => "<p class=\"legend\">"
        + string.Concat(entries.Select(e => $"<span><i style=\"background:{e.Colour}\"></i>{SvgText.E(e.Name)}</span>")) + "</p>";

    private static IEnumerable<(string Cause, double Cycles)> Parts(MappedLayer layer, int times)
    {
        yield return ("compute", (double)layer.Time.Compute * times);
        foreach (NestStall stall in layer.Time.Stalls.OrderByDescending(s => s.Cycles))
            yield return (stall.Resource.ToString(), (double)stall.Cycles * times);
        yield return ("drain", (double)layer.Time.Drain * times);
    }
}
