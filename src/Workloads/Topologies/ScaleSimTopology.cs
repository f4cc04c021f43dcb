using System.Collections.Immutable;
using System.Globalization;
using Sim.Foundation.Diagnostics;
using Sim.Workloads.Graph;

namespace Sim.Workloads.Topologies;

/// <summary>
/// Reads SCALE-Sim's topology files: comma-separated, one header line, one layer a line, in either shape that SCALE-Sim v2 takes:
/// <code>Layer, M, N, K
/// Layer, IFMAP height, IFMAP width, filter height, filter width, channels, number of filters, stride [, batch]
/// Layer, IFMAP height, IFMAP width, filter height, filter width, channels, number of filters, stride height, stride width [, batch]</code>
/// Where the header names the width before the height, the columns count so. A convolution has no padding; its output is ⌈(input − filter +
/// stride) / stride⌉, so the last window may hang over the edge. A layer whose name contains `DP` is depthwise, its filters counted a
/// channel, as in SCALE-Sim. Trailing commas, blank rows and empty extra columns are allowed; a repeated name gets `#2`, `#3`, ....
/// </summary>
public static class ScaleSimTopology
{
    private static readonly ImmutableArray<string> GemmColumns = ["m", "n", "k"];
    private static readonly ImmutableArray<string> ConvColumns = ["ifmap", "ifmap", "filter", "filter", "channel", "filter", "stride"];

    /// <summary>The layers of a file, in order. What is wrong goes to <paramref name="diagnostics"/>, every line examined; lines with
    /// errors give no layer.</summary>
    public static ImmutableArray<GemmLayer> Read(string file, string text, DiagnosticBag diagnostics)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(diagnostics);
        string[] lines = text.TrimStart('\uFEFF').Split('\n');
        int header = Array.FindIndex(lines, l => !IsBlank(l));
        if (header < 0)
        {
            diagnostics.Error(new Location(file), "TOP001", "the topology is empty; a header line and one line a layer are needed");
            return [];
        }
        ImmutableArray<CsvCell> columns = CsvCell.Split(lines[header]);
        if (Kind(columns) is not { } required)
        {
            diagnostics.Error(new Location(file, header + 1, 1), "TOP002",
                "the header is of no known topology; allowed are 'Layer, M, N, K' and " +
                "'Layer, IFMAP height, IFMAP width, filter height, filter width, channels, number of filters, stride [, stride width] [, batch]'");
            return [];
        }
        var layers = ImmutableArray.CreateBuilder<GemmLayer>();
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int line = header + 1; line < lines.Length; line++)
        {
            if (IsBlank(lines[line])) continue;
            var row = new TopologyRow(file, line + 1, CsvCell.Split(lines[line]), columns, diagnostics);
            GemmLayer? layer = required == GemmColumns.Length ? Gemm(row) : Convolution(row);
            if (layer is null) continue;
            int copies = names[layer.Name] = names.GetValueOrDefault(layer.Name) + 1;
            layers.Add(copies == 1 ? layer : layer with { Name = string.Create(CultureInfo.InvariantCulture, $"{layer.Name}#{copies}") });
        }
        if (layers.Count == 0 && !diagnostics.HasErrors) diagnostics.Error(new Location(file), "TOP001",
            "the topology has a header but no layer");
        return layers.ToImmutable();
    }

    /// <summary>Reads a file from disk; throws <see cref="InvalidInputException"/> with every error.</summary>
    public static ImmutableArray<GemmLayer> Load(string file)
    {
        var diagnostics = new DiagnosticBag();
        ImmutableArray<GemmLayer> layers = Read(file, File.ReadAllText(file), diagnostics);
        diagnostics.ThrowIfErrors();
        return layers;
    }

    private static bool IsBlank(string line) => line.AsSpan().Trim(", \t\r\u00A0").IsEmpty;

    // The number of required columns after the name, or null when the header fits neither kind.
    private static int? Kind(ImmutableArray<CsvCell> columns)
    {
        bool Fits(ImmutableArray<string> expected, Func<string, string, bool> match) =>
            columns.Length > expected.Length && expected.Select((e, i) => match(columns[i + 1].Text.ToLowerInvariant(), e)).All(ok => ok);
        return Fits(GemmColumns, (found, e) => found == e) ? GemmColumns.Length
            : Fits(ConvColumns, (found, e) => found.Contains(e, StringComparison.Ordinal)) ? ConvColumns.Length : null;
    }

    private static GemmLayer? Gemm(TopologyRow row)
    {
        if (!row.Take(3, out int[] size)) return null;
        if (!row.JudgeRest(4)) return null;
        return new GemmLayer(row.Name, "Gemm", 1, size[0], size[1], size[2], (long)size[0] * size[2]);
    }

    private static GemmLayer? Convolution(TopologyRow row)
    {
        bool twoStrides = row.HasColumn(8, "stride");
        if (!row.Take(twoStrides ? 8 : 7, out int[] v)) return null;
        int batch = 1, next = twoStrides ? 9 : 8;
        bool hasBatch = row.HasColumn(next, "batch");
        if (hasBatch && !row.TakeOptional(next, ref batch)) return null;
        if (!row.JudgeRest(hasBatch ? next + 1 : next)) return null;
        (int height, int width) = row.WidthFirst(1) ? (v[1], v[0]) : (v[0], v[1]);
        (int filterHeight, int filterWidth) = row.WidthFirst(3) ? (v[3], v[2]) : (v[2], v[3]);
        (int strideHeight, int strideWidth) = !twoStrides ? (v[6], v[6]) : row.WidthFirst(7) ? (v[7], v[6]) : (v[6], v[7]);
        (int channels, int filters) = (v[4], v[5]);
        if (filterHeight > height) return row.Refuse(3, $"filter height {filterHeight} is larger than the input's {height}");
        if (filterWidth > width) return row.Refuse(4, $"filter width {filterWidth} is larger than the input's {width}");
        bool depthwise = row.Name.Contains("DP", StringComparison.Ordinal);
        int outputHeight = (int)(((long)height - filterHeight + 2L * strideHeight - 1) / strideHeight);
        int outputWidth = (int)(((long)width - filterWidth + 2L * strideWidth - 1) / strideWidth);
        Int128 m = (Int128)batch * outputHeight * outputWidth, k = (Int128)filterHeight * filterWidth * (depthwise ? 1 : channels);
        Int128 input = (Int128)batch * channels * height * width;
        if (m > int.MaxValue || k > int.MaxValue || input > long.MaxValue) return row.Refuse(1,
            "the layer is too large: at most 2^31 - 1 output pixels and products an output");
        // Windows that hang over the edge read zeros, which is padding at the bottom and right.
        int bottom = Math.Max(0, (outputHeight - 1) * strideHeight + filterHeight - height),
            right = Math.Max(0, (outputWidth - 1) * strideWidth + filterWidth - width);
        var conv = new ConvGeometry(channels, height, width, filterHeight, filterWidth, strideHeight, strideWidth, 0, 0, bottom, right, 1,
            1, outputHeight, outputWidth);
        return new GemmLayer(row.Name, "Conv", depthwise ? channels : 1, (int)m, filters, (int)k, (long)input, conv) { Batch = batch };
    }
}
