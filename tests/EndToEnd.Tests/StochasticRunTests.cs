using Sim.Tests;

namespace Sim.EndToEnd.Tests;

/// <summary>`sim run` with stochastic rounding writes the same bytes whatever the machine offers: one thread or many, vectors of any width
/// or none.</summary>
[TestFixture]
public sealed class StochasticRunTests
{
    private const string Recipe = """
        schema: sim.recipe/1
        name: stochastic
        weights: { rounding: stochastic, random_bits: 12, stochastic_rule: nearest }
        activations: { rounding: stochastic, random_bits: 8 }
        seed: 5
        """;

    private string _folder = "";

    [SetUp]
    public void Open() => _folder = Directory.CreateTempSubdirectory().FullName;

    [TearDown]
    public void Close() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void The_record_depends_on_neither_threads_nor_vectors()
    {
        string recipe = Path.Combine(_folder, "recipe.yaml"),
            digits = Path.Combine(ReferenceData.RepositoryRoot, "configs", "workloads", "digits");
        File.WriteAllText(recipe, Recipe);
        SimHost.Result Run(params (string, string)[] environment) =>
            SimHost.Run(["run", "edge_npu", "--model", Path.Combine(digits, "digits_mlp.onnx"), "--data",
            Path.Combine(digits, "digits_test_x_u8.npy"),
            "--labels", Path.Combine(digits, "digits_test_labels_u8.npy"), "--recipe", recipe, "--json"], environment: environment);
        SimHost.Result one = Run(("DOTNET_PROCESSOR_COUNT", "1"));
        Assert.That(one.ExitCode, Is.Zero, one.Error);
        Assert.That(one.Output, Does.Contain("stochastic_rule"));
        foreach ((string, string)[] environment in new[] { new[] { ("DOTNET_PROCESSOR_COUNT", "2") }, [("DOTNET_EnableAVX512", "0")],
            [("DOTNET_EnableAVX2", "0")], [("DOTNET_EnableHWIntrinsic", "0")] })
            Assert.That(Run(environment).Output, Is.EqualTo(one.Output), string.Join(' ', environment));
    }
}
