using Sim.ArchModel.Reading;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;

namespace Sim.ArchModel.Technologies;

/// <summary>Technologies by name or path, as typed on a command line.</summary>
public static class TechnologyCatalogue
{
    /// <summary>The technology that prices when nobody chose one.</summary>
    public const string DefaultName = "nangate45";

    /// <summary>A name from configs/technologies or the path of a technology file.</summary>
    /// <exception cref="InvalidInputException">Neither a known name nor a file, or the file is wrong.</exception>
    public static Technology Resolve(string nameOrPath)
    {
        var bag = new DiagnosticBag();
        Technology? technology = ConfigCatalogue.Open(nameOrPath, ArchitectureReader.TechnologyFolder, bag) is { } document
            ? TechnologyReader.Read(document.Root, bag) : null;
        bag.ThrowIfErrors();
        return technology!;
    }
}
