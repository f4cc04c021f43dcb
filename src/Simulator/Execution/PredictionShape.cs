using Sim.Workloads.Graph;

namespace Sim.Simulator.Execution;

/// <summary>
/// Where the predictions of a sample are in a network's output, trailing dimensions of size 1 left out: [N, classes] is one prediction a
/// sample; [N, positions, classes] one a token; [N, classes, height, width, …] one a pixel. Any other output is one prediction of all its
/// values.
/// </summary>
/// <param name="Positions">Predictions of one sample.</param>
/// <param name="Classes">Values of one prediction.</param>
/// <param name="ClassStep">Distance of neighbouring classes.</param>
/// <param name="PositionStep">Distance of neighbouring positions.</param>
internal readonly record struct PredictionShape(int Positions, int Classes, int ClassStep, int PositionStep)
{
    internal static PredictionShape Of(int[] output, int samples)
    {
        int count = Shapes.Count(output);
        if (count == 0 || count % samples
            != 0) throw new NetworkException($"the network's output [{string.Join(", ", output)}] holds no predictions for each of {samples} samples");
        int rank = output.Length, all = count / samples;
        while (rank > 2 && output[rank - 1] == 1) rank--;
        if (rank < 3 || output[0] != samples) return new(1, all, 1, 0);
        if (rank == 3) return new(output[1], output[2], 1, output[2]);
        return new(all / output[1], output[1], all / output[1], 1);
    }

    /// <summary>Index of the first largest class; NaN never wins; -1 when there is nothing but NaN.</summary>
    internal int Top(ReadOnlySpan<float> values, int sample, int position)
    {
        int first = sample * Positions * Classes + position * PositionStep, best = -1;
        float largest = 0;
        for (int i = 0; i < Classes; i++)
        {
            float value = values[first + i * ClassStep];
            if (float.IsNaN(value) || best >= 0 && value <= largest) continue;
            (best, largest) = (i, value);
        }
        return best;
    }
}
