using Sim.ArchModel.Hierarchies;

namespace Sim.Mapper.Tests.Nests;

/// <summary>Parts of hierarchies for tests.</summary>
internal static class NestSamples
{
    public static MemoryLevel Memory(string name) => new(name, null, default, 64, 1, new(1, 1, 0), null, 0, 0,
        PerOperand.Of(_ => Keeping.May), default);
}
