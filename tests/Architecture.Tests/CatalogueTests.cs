using System.Collections;
using System.Collections.Immutable;
using System.Reflection;
using Sim.Cli;

namespace Sim.Architecture.Tests;

/// <summary>Catalogues are explicit ordered lists; whatever implements their interface must be in them.</summary>
public class CatalogueTests
{
    private static readonly Assembly[] Assemblies = [.. Directory.EnumerateFiles(AppContext.BaseDirectory, "Sim.*.dll")
        .Append(typeof(VerbCatalogue).Assembly.Location).Where(f => !f.EndsWith(".Tests.dll", StringComparison.Ordinal))
            .Select(Assembly.LoadFrom)];

    private static Type[] Types => [.. Assemblies.SelectMany(a => a.GetTypes())];

    [Test]
    public void EveryVerbIsListed()
    {
        IEnumerable<Type> verbs = Types.Where(t => typeof(IVerb).IsAssignableFrom(t) && t is { IsAbstract: false, IsClass: true });
        Assert.That(VerbCatalogue.All.Select(v => v.GetType()), Is.EquivalentTo(verbs));
        Assert.That(VerbCatalogue.All, Has.Length.GreaterThanOrEqualTo(2));
    }

    [Test]
    public void EveryImplementationIsInItsCatalogue()
    {
        int catalogues = 0;
        foreach (Type catalogue in Types.Where(t => t.Name.EndsWith("Catalogue", StringComparison.Ordinal)))
        {
            foreach (PropertyInfo property in catalogue.GetProperties(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic))
            {
                if (!property.PropertyType.IsGenericType
                    || property.PropertyType.GetGenericTypeDefinition() != typeof(ImmutableArray<>)) continue;
                Type item = property.PropertyType.GetGenericArguments()[0];
                if (item is { IsInterface: false, IsAbstract: false } || catalogue.GetProperty("Families") is not null) continue;
                catalogues++;
                Type[] listed = [.. ((IEnumerable)property.GetValue(null)!).Cast<object>().Select(o => Definition(o.GetType()))];
                IEnumerable<string> missing = Types.Where(t => item.IsAssignableFrom(t) && t is { IsAbstract: false, IsInterface: false })
                    .Except(listed).Select(t => t.FullName!);
                Assert.That(missing, Is.Empty, $"not in {catalogue.Name}.{property.Name}");
            }
        }
        Assert.That(catalogues, Is.GreaterThanOrEqualTo(2), "catalogues found");
    }

    // A kernel that is listed for several lane types is one implementation.
    private static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    [Test]
    public void EveryVerbHasHelpWithExamples()
    {
        using var terminal = new Terminal();
        System.CommandLine.RootCommand root = Program.Root(terminal);
        VerbCommand[] verbs = [.. root.Subcommands.Cast<VerbCommand>()];
        Assert.That(verbs, Has.Length.EqualTo(VerbCatalogue.All.Length));
        Assert.That(verbs.Select(v => v.Name), Is.Unique);
        foreach (VerbCommand verb in verbs)
        {
            Assert.That(verb.Description, Is.Not.Null.And.Not.Empty, verb.Name);
            // A verb that only groups others may leave the examples to them.
            string[] examples = [.. verb.Examples, .. verb.Subcommands.OfType<VerbCommand>().SelectMany(s => s.Examples)];
            Assert.That(examples, Is.Not.Empty, $"sim {verb.Name} --help shows no example");
            Assert.That(examples, Is.All.Contains($"sim {verb.Name}"), verb.Name);
        }
    }
}
