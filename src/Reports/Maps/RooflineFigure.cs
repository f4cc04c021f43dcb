using System.Collections.Immutable;
using Sim.Foundation.Text;
using Sim.Mapper.Answers;
using Sim.Reports.Charts;

namespace Sim.Reports.Maps;

/// <summary>One kind of layer on a roofline.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Its number.</param>
/// <param name="Intensity">Products a byte moved.</param>
/// <param name="Rate">Products a second.</param>
/// <param name="Share">Part of the network's cycles.</param>
/// <param name="Bound">What binds it.</param>
/// <param name="Colour">Of what binds it.</param>
internal sealed record RoofPoint(string Name, int Kind, double Intensity, double Rate, double Share, string Bound, string Colour);

/// <summary>Products a second over products a byte, both in decades, under the ceilings of the units and of one memory.</summary>
internal sealed class RooflineFigure
{
    private const double Left = 66, Right = 18, Top = 16, Bottom = 46;
    private const int Named = 8;

    private readonly double _width, _height, _x0, _x1, _y0, _y1, _peak;
    private readonly double? _bandwidth;
    private readonly ImmutableArray<RoofPoint> _points;

    private RooflineFigure(double width, double height, double peak, double? bandwidth, ImmutableArray<RoofPoint> points)
    {
        (_width, _height, _peak, _bandwidth, _points) = (width, height, peak, bandwidth, points);
        double ridge = bandwidth is { } b ? peak / b : points.Min(p => p.Intensity);
        (_x0, _x1) = Decades([.. points.Select(p => p.Intensity), ridge / 12, ridge * 4]);
        (_y0, _y1) = Decades([.. points.Select(p => p.Rate), peak, peak / 9]);
    }

    /// <summary>The drawing.</summary>
    /// <param name="memory">Name of the memory.</param>
    /// <param name="peak">Products a second of all units.</param>
    /// <param name="bandwidth">Bytes a second of the memory; null: unlimited.</param>
    /// <param name="points">Kinds of layers that move anything there.</param>
    /// <param name="wide">Whether it has the whole width.</param>
    public static string Of(string memory, double peak, double? bandwidth, ImmutableArray<RoofPoint> points, bool wide) =>
        new RooflineFigure(wide ? 1180 : 580, wide ? 430 : 330, peak, bandwidth, points).Draw(memory);

    private static (double From, double To) Decades(double[] values) =>
        (Math.Floor(Math.Log10(values.Min()) - 0.05), Math.Ceiling(Math.Log10(values.Max()) + 0.05));

    private double X(double intensity) => Left + (Math.Log10(intensity) - _x0) / (_x1 - _x0) * (_width - Left - Right);

    private double Y(double rate) => _height - Bottom - (Math.Log10(rate) - _y0) / (_y1 - _y0) * (_height - Top - Bottom);

    private string Draw(string memory)
    {
        var svg = new SvgText(_width, _height, $"Roofline at {memory}", "roof");
        Axes(svg, memory);
        Ceilings(svg);
        foreach (RoofPoint p in _points.OrderByDescending(p => p.Share))
            svg.Raw($"<a href=\"#kind{p.Kind}\"><circle class=\"dot\" data-kind=\"{p.Kind}\" cx=\"{SvgText.F(X(p.Intensity))}\" "
                + $"cy=\"{SvgText.F(Y(p.Rate))}\" r=\"{SvgText.F(4 + 14 * Math.Sqrt(p.Share))}\" fill=\"{p.Colour}\"><title>"
                + SvgText.E($"{p.Name}: {SiNumber.Of(p.Rate)}MAC/s at {SiNumber.Of(p.Intensity)}MAC/B, "
                    + $"{MapPage.Percent(p.Share)} of the cycles, bound by {p.Bound}") + "</title></circle></a>");
        Labels(svg, memory);
        Names(svg);
        return svg.ToString();
    }

    private void Axes(SvgText svg, string memory)
    {
        for (double d = _x0; d <= _x1; d++)
        {
            double x = X(Math.Pow(10, d));
            svg.Line(x, Top, x, _height - Bottom, "grid");
            svg.Text(x, _height - Bottom + 16, SiNumber.Of(Math.Pow(10, d)).TrimEnd(), "tick", "middle");
        }
        for (double d = _y0; d <= _y1; d++)
        {
            double y = Y(Math.Pow(10, d));
            svg.Line(Left, y, _width - Right, y, "grid");
            svg.Text(Left - 7, y + 4, SiNumber.Of(Math.Pow(10, d)).TrimEnd(), "tick", "end");
        }
        svg.Text((Left + _width - Right) / 2, _height - 8, $"MACs a byte of {memory}", "axis", "middle");
        svg.Raw($"<text class=\"axis\" transform=\"translate(15 {SvgText.F((Top + _height - Bottom) / 2)}) rotate(-90)\" "
            + "text-anchor=\"middle\">MAC/s</text>");
    }

    // Products a byte from which on the units bind.
    private double Ridge => Math.Max(Math.Pow(10, _x0), _bandwidth is { } b ? _peak / b : 0);

    private void Ceilings(SvgText svg)
    {
        svg.Line(X(Ridge), Y(_peak), _width - Right, Y(_peak), "ceiling");
        if (Slope() is var (x1, y1, x2, y2)) svg.Line(x1, y1, x2, y2, "ceiling");
    }

    // The slope begins at the left or, where it would be below the picture, at the bottom.
    private (double X1, double Y1, double X2, double Y2)? Slope()
    {
        if (_bandwidth is not { } rate || Ridge <= Math.Pow(10, _x0)) return null;
        double start = Math.Max(Math.Pow(10, _x0), Math.Pow(10, _y0) / rate);
        return (X(start), Y(start * rate), X(Ridge), Y(_peak));
    }

    private void Labels(SvgText svg, string memory)
    {
        svg.Text(_width - Right - 4, Y(_peak) - 6, $"compute {SiNumber.Of(_peak)}MAC/s", "label", "end");
        if (Slope() is not var (x1, y1, x2, y2)) return;
        double angle = Math.Atan2(y2 - y1, x2 - x1) * 180 / Math.PI;
        svg.Raw($"<text class=\"label\" transform=\"translate({SvgText.F((x1 + x2) / 2 - 6)} {SvgText.F((y1 + y2) / 2 - 7)}) "
            + $"rotate({SvgText.F(angle)})\" text-anchor=\"middle\">{SvgText.E($"{memory} {SiNumber.Of(_bandwidth!.Value)}B/s")}</text>");
    }

    // The layers with most cycles are named where there is room.
    private void Names(SvgText svg)
    {
        var taken = new List<(double X, double Y, double Width)>();
        foreach (RoofPoint p in _points.OrderByDescending(p => p.Share).Take(_width > 700 ? 2 * Named : Named))
        {
            // Below its circle: above are the ceilings.
            double width = 6.4 * p.Name.Length + 8, radius = 4 + 14 * Math.Sqrt(p.Share), y = Y(p.Rate) + radius + 13;
            double x = Math.Clamp(X(p.Intensity) - width / 2, Left + 2, _width - Right - width);
            if (y > _height - Bottom - 3 || taken.Any(t => x < t.X + t.Width && t.X < x + width && Math.Abs(t.Y - y) < 13)) continue;
            if (_points.Any(o => o != p && Covers(o, x, y, width))) continue;
            taken.Add((x, y, width));
            svg.Text(x + width / 2, y, p.Name, "name", "middle");
        }
    }

    // Whether another circle lies on the text.
    private bool Covers(RoofPoint point, double x, double y, double width)
    {
        double radius = 4 + 14 * Math.Sqrt(point.Share), at = X(point.Intensity), up = Y(point.Rate);
        return at + radius > x && at - radius < x + width && up + radius > y - 10 && up - radius < y + 3;
    }

    /// <summary>Colours by what binds layers, in the order of their first.</summary>
    public static ImmutableArray<(string Bound, string Colour)> Colours(IEnumerable<MappedLayer> layers) =>
        [.. layers.Select(l => l.Result.Cost.Bound).Distinct().Select((b, i) => (b, Palette.Category(i)))];
}
