using Sim.ArchModel.Hierarchies;
using Sim.Mapper.Constraints;
using Sim.Workloads.Nests;

namespace Sim.Mapper.Search;

/// <summary>
/// Constraints as limits of a skeleton. A most count bounds the product of the counts at the place, a least count that of the counts
/// elsewhere: both together are the dimension's size. Moving a store over a loop that leaves its tile as it is changes none of them, so
/// the rules that drop mappings stay true.
/// </summary>
internal sealed class RuleRows(MapProblem problem, SkeletonModel model)
{
    /// <summary>Adds them.</summary>
    public void Add(MapRule rule)
    {
        switch (rule)
        {
            case BoundRule bound:
                foreach (DimBound dim in bound.Bounds)
                    foreach (Func<int, bool> places in Places(bound, dim.Dim)) Add(rule, dim, places);
                break;
            case UseRule use:
                double all = problem.Hierarchy.Instances(problem.Hierarchy.Levels.Length);
                var idle = new PricedSum();
                idle.Add(model.Product((_, q) => model.Places[q].Kind == EntryKind.Axis ? -1 : 0), use.Least * all);
                model.Limits.Add(new(rule.Text, idle, 1));
                break;
        }
    }

    private void Add(MapRule rule, DimBound bound, Func<int, bool> places)
    {
        long size = problem.Layer.Size(bound.Dim);
        if (bound.Most < size)
        {
            var most = new PricedSum();
            most.Add(model.Product((d, q) => d == bound.Dim && places(q) ? 1 : 0), 1);
            model.Limits.Add(new(rule.Text, most, bound.Most));
        }
        long least = bound.Least == DimBound.All ? size : bound.Least;
        if (least <= 1) return;
        model.Impossible |= least > size;
        var outside = new PricedSum();
        outside.Add(model.Product((d, q) => d == bound.Dim && !places(q) ? 1 : 0), least);
        model.Limits.Add(new(rule.Text, outside, size));
    }

    private IEnumerable<Func<int, bool>> Places(BoundRule rule, LoopDim dim)
    {
        Skeleton skeleton = model.Skeleton;
        switch (rule.Place)
        {
            case BoundPlace.Axis:
                yield return q => model.Places[q] is { Kind: EntryKind.Axis } axis && axis.Level == rule.Level && axis.Axis == rule.Axis;
                break;
            case BoundPlace.Inside:
                int last = Array.FindLastIndex([.. model.Places], p => p.Kind == EntryKind.Axis && p.Level == rule.Level);
                yield return q => q > last && model.Places[q].Kind == EntryKind.Slot;
                break;
            default:
                foreach (Operand operand in Enum.GetValues<Operand>())
                {
                    if (!Skeleton.Indexes(operand, dim)) continue;
                    int[] stores = skeleton.Stores(operand);
                    int at = Array.FindIndex(stores, s => skeleton.Entries[s].Level == rule.Level);
                    if (at < 0) continue;
                    int from = stores[at], to = at + 1 < stores.Length && rule.Place == BoundPlace.Memory ? stores[at + 1] : int.MaxValue;
                    bool time = rule.Place == BoundPlace.Memory;
                    yield return q => skeleton.Places[q] > from && skeleton.Places[q] < to
                        && !(time && model.Places[q].Kind == EntryKind.Axis);
                }
                break;
        }
    }
}
