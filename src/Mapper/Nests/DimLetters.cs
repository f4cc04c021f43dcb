using Sim.Workloads.Nests;

namespace Sim.Mapper.Nests;

/// <summary>Names of dimensions in texts: convolution letters, or B M N K for a GEMM.</summary>
public static class DimLetters
{
    /// <summary>Name of a dimension in a layer's own letters.</summary>
    public static string Of(LoopLayer layer, LoopDim dim)
    {
        ArgumentNullException.ThrowIfNull(layer);
        foreach ((string name, LoopDim found) in All(layer))
            if (found == dim) return name;
        return dim.ToString();
    }

    /// <summary>Dimension of a letter; null: the layer has none of that name.</summary>
    public static LoopDim? Find(LoopLayer layer, string letter)
    {
        ArgumentNullException.ThrowIfNull(layer);
        foreach ((string name, LoopDim dim) in All(layer))
            if (name == letter) return dim;
        return null;
    }

    /// <summary>Letters of a layer with their dimensions.</summary>
    public static IEnumerable<(string Name, LoopDim Dim)> All(LoopLayer layer)
    {
        ArgumentNullException.ThrowIfNull(layer);
        if (!layer.IsGemm) return Enum.GetValues<LoopDim>().Select(d => (d.ToString(), d));
        return [("B", layer.Size(LoopDim.G) > 1 ? LoopDim.G : LoopDim.N), ("M", LoopDim.P), ("N", LoopDim.M), ("K", LoopDim.C)];
    }
}
