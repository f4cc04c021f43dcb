namespace Sim.Mapper.Timing;

/// <summary>What is known of one body: loops or a chunk of products, for given chunks.</summary>
internal sealed class TimedBody
{
    private (int Kind, TimedStep Step)[] _steps = [];
    private int _known;

    /// <summary>The components that it uses, once it was walked.</summary>
    public int[]? Components { get; set; }

    /// <summary>The same as bits.</summary>
    public ulong[] Mask { get; set; } = [];

    /// <summary>The products, where it is a chunk.</summary>
    public TimedChunk? Chunk { get; set; }

    /// <summary>What it did from states so far.</summary>
    public List<TimedOutcome> Outcomes { get; } = new(2);

    /// <summary>A step of its loop, or null.</summary>
    public TimedStep? Step(int kind)
    {
        for (int i = 0; i < _known; i++)
            if (_steps[i].Kind == kind) return _steps[i].Step;
        return null;
    }

    /// <summary>Keeps a step.</summary>
    public TimedStep Remember(int kind, TimedStep step)
    {
        if (_known == _steps.Length) Array.Resize(ref _steps, Math.Max(2, 2 * _known));
        _steps[_known++] = (kind, step);
        return step;
    }
}

/// <summary>
/// What a body does from one relative state. Its values begin at <paramref name="At"/>: where its components lie before, where after, and
/// by how much they grow; then by how much stalls and work of the resources grow.
/// </summary>
internal readonly record struct TimedOutcome(long Hash, int At, long Compute);
