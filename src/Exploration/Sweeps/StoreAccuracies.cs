using Sim.Exploration.Store;
using Sim.Simulator;
using Sim.Simulator.Execution;

namespace Sim.Exploration.Sweeps;

/// <summary>Values of networks in a result store, so that a resumed sweep has them.</summary>
internal sealed class StoreAccuracies(ResultStore store) : IKeptAccuracies
{
    private const string Kind = "accuracy";

    public AccuracyResult? Find(string key) => store.FindSubResult(Kind, key) is { } kept ? RecordJson.Read<AccuracyResult>(kept) : null;

    public void Keep(AccuracyResult result) => store.SaveSubResult(Kind, result.Key, RecordJson.Write(result));
}
