using System.Collections.Immutable;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Reading;

/// <summary>What the buffers must be together: unique names, and each operand kept by exactly one.</summary>
internal static class BufferCoverage
{
    /// <summary>Records CFG110 (names) and CFG111 (operands); items of the list and buffers correspond.</summary>
    public static void Check(YamlList list, ImmutableArray<BufferLevel> buffers, DiagnosticBag bag)
    {
        for (int i = 0; i < buffers.Length; i++)
        {
            int first = buffers.TakeWhile(b => b.Name != buffers[i].Name).Count();
            if (first < i) bag.Error(((YamlMap)list.Items[i])["name"]!.Location, "CFG110", $"two buffers are named '{buffers[i].Name}'");
        }
        foreach (Operands operand in ActionNames.SingleOperands)
        {
            int[] keepers = [.. Enumerable.Range(0, buffers.Length).Where(i => buffers[i].Keeps.HasFlag(operand))];
            if (keepers.Length == 0)
                bag.Error(list.Location, "CFG111",
                    $"no buffer keeps the {ActionNames.NameOf(operand)}; exactly one must name them under 'keeps'");
            foreach (int extra in keepers.Skip(1))
                bag.Error(((YamlMap)list.Items[extra])["keeps"]!.Location, "CFG111",
                    $"the {ActionNames.NameOf(operand)} are already kept by buffer '{buffers[keepers[0]].Name}'; exactly one buffer keeps an operand");
        }
    }
}
