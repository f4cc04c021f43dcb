using Sim.Datapath.Kernels;
using Sim.Datapath.Specs;
using Sim.Mapper.Orders;
using Sim.Workloads.Nests;

namespace Sim.Simulator.Nests;

/// <summary>The results of a layer by the GEMM kernels, each output in its own order of additions.</summary>
internal static class OrderedProducts
{
    public static long[] Of(NestOperands operands, NestOrders orders, DatapathSpec spec, ref GemmEvents events)
    {
        LoopLayer layer = operands.Layer;
        int groups = (int)layer.Size(LoopDim.G), columns = (int)layer.Size(LoopDim.M), plane = checked((int)(layer.Size(LoopDim.P)
            * layer.Size(LoopDim.Q))), rows = checked((int)layer.Size(LoopDim.N) * plane), width = (int)layer.Size(LoopDim.Q);
        int k = checked((int)(layer.Size(LoopDim.C) * layer.Size(LoopDim.R) * layer.Size(LoopDim.S)));
        var results = new long[checked(rows * groups * columns)];
        for (int g = 0; g < groups; g++)
        {
            int group = g;
            var byRow = Enumerable.Range(0, rows).GroupBy(row => orders.RowClass(row / plane, group, row % plane / width, row % width));
            var byColumn = Enumerable.Range(0, columns).GroupBy(m => orders.ColumnClass(m)).Select(c => c.ToArray()).ToList();
            foreach (int[] some in byRow.Select(r => r.ToArray()))
            {
                uint[] a = Rows(operands, group, some, k);
                foreach (int[] outputs in byColumn)
                {
                    ReductionOrder order = orders.Orders[orders.IndexOf(some[0] / plane, group, outputs[0], some[0] % plane / width,
                        some[0] % width)];
                    uint[] b = [.. outputs.SelectMany(m => operands.Weights.AsSpan((group * columns + m) * k, k).ToArray())];
                    int[] zeros = operands.WeightZeroPoints.Length == 0 ? []
                        : [.. outputs.Select(m => operands.WeightZeroPoints[group * columns + m])];
                    var block = new long[some.Length * outputs.Length];
                    GemmRunner.Pack(spec, order, outputs.Length, k, b, zeros).Run(some.Length, a, operands.ActivationZeroPoint, block,
                        ref events);
                    for (int i = 0; i < block.Length; i++)
                    {
                        (int row, int m) = (some[i / outputs.Length], outputs[i % outputs.Length]);
                        results[((row / plane * groups + group) * columns + m) * plane + row % plane] = block[i];
                    }
                }
            }
        }
        return results;
    }

    private static uint[] Rows(NestOperands operands, int group, int[] rows, int k)
    {
        LoopLayer layer = operands.Layer;
        var space = new WordSpace(layer, ArchModel.Hierarchies.Operand.Activations);
        (int p, int q, int r, int s) = ((int)layer.Size(LoopDim.P), (int)layer.Size(LoopDim.Q), (int)layer.Size(LoopDim.R),
            (int)layer.Size(LoopDim.S));
        var codes = new uint[checked(rows.Length * k)];
        for (int i = 0; i < rows.Length; i++)
        {
            (int sample, int top, int left) = (rows[i] / (p * q), rows[i] / q % p * layer.StrideHeight, rows[i] % q * layer.StrideWidth);
            for (int at = 0; at < k; at++)
            {
                (int channel, int row, int column) = (at / (r * s), top + at / s % r * layer.DilationHeight, left
                    + at % s * layer.DilationWidth);
                codes[i * k + at] = operands.Activations[sample * space.Strides[0] + group * space.Strides[1] + channel * space.Strides[2]
                    + row * space.Strides[3] + column];
            }
        }
        return codes;
    }
}
