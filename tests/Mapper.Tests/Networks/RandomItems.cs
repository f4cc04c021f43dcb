using System.Collections.Immutable;
using Sim.Mapper.Networks;

namespace Sim.Mapper.Tests.Networks;

/// <summary>A small random network whose items cost random amounts: nothing in them is monotone.</summary>
internal sealed class RandomItems : IScheduleItems
{
    private readonly int _seed, _longest;

    public RandomItems(int seed)
    {
        var random = new Random(seed);
        (_seed, Layers, _longest) = (seed, random.Next(2, 6), random.Next(1, 4));
        Machine = new ScheduleMachine(random.Next(20, 60), random.Next(3) == 0 ? null : random.Next(1, 5), random.Next(1, 4),
            random.Next(1, 4));
        int count = random.Next(2, 6);
        var tensors = ImmutableArray.CreateBuilder<ScheduleTensor>();
        for (int t = 0; t < count; t++)
        {
            int producer = random.Next(-1, Layers - 1);
            ImmutableArray<int> readers = [.. Enumerable.Range(producer + 1, Layers - 1 - producer).Where(_ => random.Next(2) == 0)];
            if (readers.Length == 0) readers = [Layers - 1];
            tensors.Add(new($"t{t}", random.Next(5, 30), producer, readers, random.Next(4) == 0, random.Next(8) > 0));
        }
        Tensors = tensors.ToImmutable();
    }

    public ScheduleMachine Machine { get; }

    public ImmutableArray<ScheduleTensor> Tensors { get; }

    public int Layers { get; }

    public int Longest(int first) => Math.Min(_longest, Layers - first);

    public ImmutableArray<int> Touched(int first, int last) => [.. Enumerable.Range(0, Tensors.Length).Where(t => Tensors[t] is
        { IsCandidate: true } x && ((x.Producer < first && x.Consumers.Any(c => c >= first && c <= last))
            || (x.Producer >= first && x.Producer <= last && x.Last > last)))];

    public ImmutableArray<ItemChoice> Choices(int first, int last, ulong onChip)
    {
        var random = new Random(HashCode(_seed, first, last, (int)onChip));
        return [.. Enumerable.Range(0, random.Next(1, 4)).Select(i => new ItemChoice(random.Next(0, 25), random.Next(0, 40),
            random.Next(0, 40), random.Next(0, 30), random.Next(0, 10), random.Next(0, 50), i))];
    }

    private static int HashCode(params ReadOnlySpan<int> values)
    {
        int hash = 17;
        foreach (int value in values) hash = unchecked((hash * 31) + value) ^ unchecked(hash << 7);
        return hash & int.MaxValue;
    }
}
