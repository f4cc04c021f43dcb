namespace Sim.Mapper.Timing;

/// <summary>Cycles that one transfer or one compute chunk keeps a resource busy.</summary>
internal readonly record struct Occupancy(int Resource, long Cycles);

/// <summary>One transfer of a step. Cycles: its longest occupancy. Delay: cycles from its end until the data can be used.</summary>
internal sealed record TimedTransfer(Occupancy[] Occupies, long Cycles, long Delay, int Limit);

/// <summary>What a step does at one edge: the tile there changes. Down null: nothing has to arrive. Up null: nothing leaves.</summary>
internal sealed record TimedChange(NestEdge Edge, TimedTransfer? Down, TimedTransfer? Up, bool UpFirst);

/// <summary>All changes of a step, outermost edge first.</summary>
internal sealed record TimedStep(TimedChange[] Changes);

/// <summary>One compute chunk. Skew: cycles from the first unit's end to the last's.</summary>
internal sealed record TimedChunk(long Cycles, Occupancy[] Occupies, long Skew);
