namespace Sim.Verification.Tests.Enumeration;

/// <summary>A tensor of exact numbers (dyadic, so that a double holds them); Unit: they are integers times that; null: nothing says
/// so.</summary>
internal sealed record Values(int[] Shape, double[] Data, double? Unit)
{
    internal int Count => Data.Length;

    internal static int Size(IEnumerable<int> shape) => shape.Aggregate(1, (a, b) => a * b);

    /// <summary>The element of a row-major index, repeated along axes of size 1 to a wider shape.</summary>
    internal double At(int[] shape, int index)
    {
        int at = 0, step = 1;
        for (int i = 1; i <= shape.Length; i++)
        {
            int d = shape[^i], place = index % d;
            index /= d;
            if (i > Shape.Length) continue;
            if (Shape[^i] != 1) at += place * step;
            step *= Shape[^i];
        }
        return Data[at];
    }

    /// <summary>Coordinates of an index.</summary>
    internal int[] Place(int index)
    {
        var place = new int[Shape.Length];
        for (int i = Shape.Length - 1; i >= 0; i--) (place[i], index) = (index % Shape[i], index / Shape[i]);
        return place;
    }

    internal double this[params int[] place]
    {
        get
        {
            int at = 0;
            for (int i = 0; i < place.Length; i++) at = at * Shape[i] + place[i];
            return Data[at];
        }
    }

    internal Values Map(Func<double, double> f, double? unit) => new(Shape, Array.ConvertAll(Data, v => f(v)), unit);

    /// <summary>A tensor of a shape, by coordinates.</summary>
    internal static Values Of(int[] shape, Func<int[], double> at, double? unit)
    {
        var made = new Values(shape, new double[Size(shape)], unit);
        for (int i = 0; i < made.Count; i++) made.Data[i] = at(made.Place(i));
        return made;
    }
}
