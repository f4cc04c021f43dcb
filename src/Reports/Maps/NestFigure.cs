using System.Collections.Immutable;
using Sim.ArchModel.Hierarchies;
using Sim.Foundation.Text;
using Sim.Mapper.Answers;
using Sim.Mapper.Nests;

namespace Sim.Reports.Maps;

/// <summary>
/// A nest as a picture, outermost at the top: a row for each memory where it stores and for each loop; a column for each operand, in which
/// a bar spans the loops that run while the memory holds its tile; loops in space are filled.
/// </summary>
internal sealed class NestFigure
{
    private const double Row = 26, Label = 118, Column = 124, Gap = 6, Loops = 300, Head = 24, Indent = 10;
    private static readonly Operand[] Columns = [Operand.Activations, Operand.Weights, Operand.Outputs];

    private readonly LoopNest _nest;
    private readonly Hierarchy _hierarchy;
    private readonly List<ImmutableArray<NestNode>> _rows = [];

    private NestFigure(LoopNest nest, Hierarchy hierarchy)
    {
        (_nest, _hierarchy) = (nest, hierarchy);
        foreach (NestNode node in nest.Nodes)
        {
            // Stores in one memory that follow each other share a row.
            if (node is StoreNode store && _rows.Count > 0 && _rows[^1][^1] is StoreNode last && last.Level == store.Level)
                _rows[^1] = _rows[^1].Add(node);
            else _rows.Add([node]);
        }
    }

    /// <summary>The drawing.</summary>
    public static string Of(LoopNest nest, Hierarchy hierarchy, ImmutableArray<StoreTraffic> traffic, string compute) =>
        new NestFigure(nest, hierarchy).Draw(traffic, compute);

    private static double ColumnX(int column) => Label + column * (Column + Gap);

    private static double LoopX => Label + 3 * (Column + Gap) + 8;

    private double Y(int row) => Head + row * Row;

    private string Draw(ImmutableArray<StoreTraffic> traffic, string compute)
    {
        double height = Head + (_rows.Count + 1) * Row + 6;
        var svg = new SvgText(LoopX + Loops, height, $"Loop nest of {_nest.Layer.Name}", "nest");
        for (int i = 0; i < Columns.Length; i++) svg.Text(ColumnX(i) + Column / 2, 15, OperandNames.Of(Columns[i]), "axis", "middle");
        svg.Text(LoopX, 15, "loops", "axis");
        int depth = 0;
        for (int r = 0; r < _rows.Count; r++)
        {
            if (_rows[r][0] is StoreNode store)
            {
                svg.Rectangle(0, Y(r), LoopX + Loops, Row, "level", round: 0);
                svg.Text(6, Y(r) + 17, Short(_hierarchy.Levels[store.Level].Name, 16), "memory");
            }
            else Loop(svg, _rows[r][0], r, depth++);
        }
        for (int i = 0; i < Columns.Length; i++) Bars(svg, i, traffic);
        svg.Text(LoopX + depth * Indent, Y(_rows.Count) + 18, compute, "memory");
        return svg.ToString();
    }

    private void Bars(SvgText svg, int column, ImmutableArray<StoreTraffic> traffic)
    {
        Operand operand = Columns[column];
        int[] starts = [.. Enumerable.Range(0, _rows.Count).Where(r => _rows[r].Any(n => n is StoreNode s && s.Operand == operand))];
        for (int i = 0; i < starts.Length; i++)
        {
            int end = i + 1 < starts.Length ? starts[i + 1] : _rows.Count;
            int level = _rows[starts[i]].OfType<StoreNode>().First(s => s.Operand == operand).Level;
            StoreTraffic store = traffic.First(t => t.Store.Operand == operand && t.Store.Level == level);
            string tile = SiNumber.Of(store.TileBytes) + "B";
            svg.Rectangle(ColumnX(column), Y(starts[i]) + 2, Column, (end - starts[i]) * Row - 4, $"bar {OperandNames.Of(operand)}",
                $"{OperandNames.Of(operand)} in {store.Memory}: tiles of up to {store.Store.Peak} elements, {tile}, in "
                + $"{store.Store.Instances} instances");
            svg.Text(ColumnX(column) + Column / 2, Y(starts[i]) + 17, tile, "tile", "middle");
        }
    }

    private void Loop(SvgText svg, NestNode node, int row, int depth)
    {
        (bool spatial, long count, long tile) = node switch
        {
            SpatialNode s => (true, s.Count, s.Tile),
            LoopNode l => (false, l.Count, l.Tile),
            _ => throw new ArgumentOutOfRangeException(nameof(node)),
        };
        string line = NestText.Line(_nest, node, _hierarchy);
        string dim = line.Split(' ')[1];
        double x = LoopX + depth * Indent, width = Math.Min(28 + 9 * Math.Log2(count), LoopX + Loops - x);
        svg.Text(6, Y(row) + 17, spatial ? Short(NestText.Place(_hierarchy, (SpatialNode)node), 18) : "in time", "soft");
        svg.Rectangle(x, Y(row) + 3, width, Row - 6, spatial ? "loop spatial" : "loop", line);
        svg.Text(x + 6, Y(row) + 17, $"{dim} {count}", spatial ? "count inverse" : "count");
        double after = x + Math.Max(width, 12 + 7.2 * $"{dim} {count}".Length) + 6;
        if (tile > 1 && after < LoopX + Loops - 50) svg.Text(after, Y(row) + 17, $"tile {tile}", "soft");
    }

    private static string Short(string text, int most) => text.Length <= most ? text : text[..(most - 1)] + "…";
}
