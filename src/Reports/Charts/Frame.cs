namespace Sim.Reports.Charts;

/// <summary>Axes, ticks and grid around a plot.</summary>
internal static class Frame
{
    public static void Draw(SvgWriter svg, Axis x, Axis y, string xTitle, string yTitle, (double Left, double Top, double Right, double Bottom) box, bool grid)
    {
        foreach (double t in x.Ticks)
        {
            if (grid) svg.Line(x.At(t), box.Top, x.At(t), box.Bottom, Palette.Grid);
            svg.Text(x.At(t), box.Bottom + 18, Axis.Label(t), "middle", 11, Palette.Quiet);
        }
        Values(svg, y, yTitle, box);
        svg.Line(box.Left, box.Bottom, box.Right, box.Bottom, Palette.Quiet);
        svg.Text((box.Left + box.Right) / 2, box.Bottom + 42, xTitle, "middle");
    }

    /// <summary>Only the vertical axis with its grid: the other side has names.</summary>
    public static void Values(SvgWriter svg, Axis y, string title, (double Left, double Top, double Right, double Bottom) box)
    {
        foreach (double t in y.Ticks)
        {
            svg.Line(box.Left, y.At(t), box.Right, y.At(t), Palette.Grid);
            svg.Text(box.Left - 8, y.At(t) + 4, Axis.Label(t), "end", 11, Palette.Quiet);
        }
        svg.Text(20, (box.Top + box.Bottom) / 2, title, "middle", turn: -90);
    }
}
