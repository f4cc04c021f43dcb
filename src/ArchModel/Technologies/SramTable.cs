using System.Collections.Immutable;
using System.Globalization;

namespace Sim.ArchModel.Technologies;

/// <summary>
/// SRAM macros of one technology. Between two known capacities of a port width a value is interpolated in log-log space, so it is exact at
/// the points and monotone between them. Where a port width lacks a capacity, the nearest port width's curve is scaled by their ratio at
/// the nearest capacity that both have.
/// Between port widths: log-log again. Beyond the points the last slope is followed for at most a factor of two in capacity or port width;
/// further out in capacity is refused. A port beyond twice the widest known one is
/// split: as few macros side by side as have ports of at most the widest known one, each with its share of the capacity.
/// </summary>
public sealed class SramTable
{
    private const double Reach = 2.0;

    private readonly ImmutableArray<SramPoint> _points;

    /// <summary>A table of at least two points.</summary>
    public SramTable(ImmutableArray<SramPoint> points, string source)
    {
        if (points.Length < 2) throw new ArgumentException("interpolation needs two points at least", nameof(points));
        _points = points;
        Source = source;
    }

    /// <summary>Where the points come from.</summary>
    public string Source { get; }

    /// <summary>The points as given.</summary>
    public ImmutableArray<SramPoint> Points => _points;

    /// <summary>The cost of a bank; false with the covered range when it lies too far outside.</summary>
    public bool TryPrice(double bytes, int portBits, out SramCost cost, out string problem)
    {
        int widest = _points.Max(p => p.PortBits);
        if (portBits <= widest * Reach) return TryMacro(bytes, portBits, out cost, out problem);
        int count = (portBits + widest - 1) / widest, bits = (portBits + count - 1) / count;
        if (!TryMacro(bytes / count, bits, out cost, out problem))
        {
            problem = string.Create(CultureInfo.InvariantCulture,
                $"a {portBits}-bit port is made of {count} macros of {bits} bits side by side: {problem}");
            return false;
        }
        cost = cost.Times(count, bits);
        return true;
    }

    private bool TryMacro(double bytes, int portBits, out SramCost cost, out string problem)
    {
        cost = default;
        problem = "";
        if (!TryMetric(bytes, portBits, "read energy", p => p.ReadPicojoules, out double read, ref problem)
            | !TryMetric(bytes, portBits, "write energy", p => p.WritePicojoules, out double write, ref problem)
            | !TryMetric(bytes, portBits, "leakage", p => p.LeakageMilliwatts, out double leakage, ref problem)
            | !TryMetric(bytes, portBits, "access time", p => p.AccessNanoseconds, out double access, ref problem)
            | !TryMetric(bytes, portBits, "area", p => p.AreaSquareMillimetres, out double area, ref problem)) return false;
        cost = new SramCost(read, write, leakage, access, area * 1e6);
        return true;
    }

    private bool TryMetric(double bytes, int portBits, string name, Func<SramPoint, double?> metric, out double value, ref string problem)
    {
        Curve[] curves = [.. _points.Where(p => metric(p) is not null).GroupBy(p => p.PortBits).OrderBy(g => g.Key)
            .Select(g => new Curve(g.Key, [.. g.OrderBy(p => p.Bytes).Select(p => ((double)p.Bytes, metric(p)!.Value))]))];
        value = 0;
        if (curves.Length == 0)
        {
            problem = $"no point of the SRAM table gives the {name}";
            return false;
        }
        double least = curves.Min(c => c.Points[0].X), most = curves.Max(c => c.Points[^1].X);
        int narrow = curves[0].PortBits, wide = curves[^1].PortBits;
        if (bytes < least / Reach || bytes > most * Reach || portBits < narrow / Reach || portBits > wide * Reach)
        {
            problem = string.Create(CultureInfo.InvariantCulture,
                $"the {name} of an SRAM bank of {bytes:0} bytes with a {portBits}-bit port is not known; the table covers {least:0} to {most:0} bytes and {narrow} to {wide} bits, and is followed for a factor of two beyond (source: {Source})");
            return false;
        }
        double[] atBytes = [.. curves.Select(c => Log(At(c, curves, bytes)))];
        value = curves.Length == 1 ? Math.Exp(atBytes[0])
            : Math.Exp(Line([.. curves.Select((c, i) => (Log(c.PortBits), atBytes[i]))], Log(portBits)));
        return true;
    }

    // The curve's own value inside its capacities, else that of a curve which reaches there, scaled; beyond all curves, whichever comes
    // nearest is followed.
    private static double At(Curve curve, Curve[] curves, double bytes)
    {
        Curve[] usable = [curve, .. curves.Where(c => c != curve && c.Points.Any(p => curve.Has(p.X)))
            .OrderBy(c => Math.Abs(c.PortBits - curve.PortBits))];
        Curve best = usable.FirstOrDefault(c => c.Covers(bytes, 1)) ?? usable.FirstOrDefault(c => c.Covers(bytes, Reach)) ?? curve;
        if (best == curve) return curve.Value(bytes);
        double shared = best.Points.Select(p => p.X).Where(curve.Has).MinBy(x => Math.Abs(Log(x / bytes)));
        return best.Value(bytes) * curve.Value(shared) / best.Value(shared);
    }

    private static double Log(double x) => Math.Log(x);

    private static double Line((double X, double Y)[] points, double x)
    {
        if (points.Length == 1) return points[0].Y;
        int i = 1;
        while (i < points.Length - 1 && x > points[i].X) i++;
        (double x0, double y0) = points[i - 1];
        (double x1, double y1) = points[i];
        // At a point its own value comes back, not one that rounding moved.
        return x == x0 ? y0 : x == x1 ? y1 : y0 + ((y1 - y0) * (x - x0) / (x1 - x0));
    }

    private sealed record Curve(int PortBits, (double X, double Y)[] Points)
    {
        /// <summary>Whether a capacity lies within the points, stretched by a factor.</summary>
        public bool Covers(double x, double reach) => x >= Points[0].X / reach && x <= Points[^1].X * reach;

        /// <summary>Whether a capacity is a point.</summary>
        public bool Has(double x) => Points.Any(p => p.X == x);

        /// <summary>The value at a capacity: exact at points, log-log between and beyond.</summary>
        public double Value(double x)
        {
            foreach ((double known, double y) in Points)
                if (known == x) return y;
            return Math.Exp(Line([.. Points.Select(p => (Log(p.X), Log(p.Y)))], Log(x)));
        }
    }
}
