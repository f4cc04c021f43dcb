using Sim.Datapath;
using Sim.Foundation.Diagnostics;
using Sim.Foundation.Yaml;
using Sim.Workloads.Quantization;

namespace Sim.Workloads.Tests.Quantization;

public class RecipeFileTests
{
    [Test]
    public void Every_key_is_read()
    {
        const string text = """
            schema: sim.recipe/1
            name: careful
            weights: { granularity: per_tensor, calibration: mse }
            activations: { calibration: percentile, percentile: 99.9, symmetry: asymmetric, samples: 64 }
            fold_batch_norm: false
            scale_wide_formats: true
            fit_accumulator: false
            float_layers: [conv1, fc1]
            """;
        Recipe expected = new("careful", Granularity.PerTensor, new(CalibrationMethod.MeanSquaredError),
            new(CalibrationMethod.Percentile, 99.9), Symmetry.Asymmetric,
            64, false, true, false, ["conv1", "fc1"]);
        Assert.That(Read(text, out DiagnosticBag bag)?.Canonical, Is.EqualTo(expected.Canonical), bag.ToString());
        Assert.That(Read(RecipeFile.Write(expected), out bag)?.Canonical, Is.EqualTo(expected.Canonical), bag.ToString());
    }

    [Test]
    public void Rounding_is_read_and_written()
    {
        const string text = """
            schema: sim.recipe/1
            weights: { rounding: to_odd }
            activations: { rounding: stochastic, random_bits: 8, stochastic_rule: fast }
            seed: 12
            """;
        Recipe expected = Recipe.Default with
        {
            Name = "recipe", WeightRounding = new(RoundingMode.ToOdd),
                ActivationRounding = new(RoundingMode.Stochastic, 8, StochasticRule.Fast), Seed = 12,
        };
        Assert.That(Read(text, out DiagnosticBag bag)?.Canonical, Is.EqualTo(expected.Canonical), bag.ToString());
        Assert.That(Read(RecipeFile.Write(expected), out bag)?.Canonical, Is.EqualTo(expected.Canonical), bag.ToString());
        Assert.That(new[] { expected, expected with { Seed = 13 }, expected with { WeightRounding = TensorRounding.NearestEven },
            Recipe.Default }.Select(r => r.Canonical).Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public void Random_bits_without_stochastic_rounding_are_refused()
    {
        Assert.That(Read("schema: sim.recipe/1\nseed: 1\nweights: { random_bits: 4, stochastic_rule: odd }\nactivations: { rounding: stochastik, random_bits: 33 }", out DiagnosticBag bag), Is.Null);
        Assert.That(bag.Sorted.Select(d => $"{d.Location.Line}:{d.Location.Column} {d.Code}"),
            Is.EqualTo(new[] { "2:7 CFG002", "3:25 CFG002", "3:45 CFG002", "4:26 CFG002", "4:51 CFG002" }), bag.ToString());
    }

    [Test]
    public void An_empty_recipe_is_the_default() =>
        Assert.That(Read("schema: sim.recipe/1", out _)?.Canonical, Is.EqualTo(Recipe.Default.Canonical));

    [Test]
    public void All_errors_are_shown_with_their_places()
    {
        const string text = """
            schema: sim.recipe/1
            wieghts: { granularity: per_channel }
            weights: { granularity: per_chanel, percentile: 99 }
            activations: { percentile: 101, calibration: percentile, samples: 0 }
            """;
        Assert.That(Read(text, out DiagnosticBag bag), Is.Null);
        string[] found = [.. bag.Sorted.Select(d => $"{d.Location.Line}:{d.Location.Column} {d.Code}")];
        Assert.That(found, Is.EqualTo(new[] { "2:1 CFG003", "3:25 CFG002", "3:49 CFG002", "4:28 CFG002", "4:67 CFG002" }), bag.ToString());
        Assert.That(bag.ToString(), Does.Contain("did you mean 'weights'?").And.Contain("did you mean 'per_channel'?"));
    }

    [Test]
    public void Groups_are_read_written_and_checked()
    {
        const string text = """
            schema: sim.recipe/1
            weights: { groups: { size: 64, formats: [bitmod4_5, bitmod4_-8], scale: bf16, two_scales: true } }
            """;
        Recipe read = Read(text, out DiagnosticBag bag)!;
        Assert.That(read.Groups!.Canonical, Is.EqualTo("64,bitmod4_5/bitmod4_-8,bf16,two"), bag.ToString());
        Assert.That(Read(RecipeFile.Write(read), out bag)?.Canonical, Is.EqualTo(read.Canonical), bag.ToString());
        Assert.That(read.Canonical, Is.Not.EqualTo(Recipe.Default.Canonical));
        Assert.That(Problems("{ granularity: per_tensor, groups: { formats: [e2m1] } }"), Is.EqualTo(new[] { "2:25 CFG119" }));
        Assert.That(Problems("{ groups: { formats: [e2m1, bitmod3_3] } }"), Is.EqualTo(new[] { "2:20 CFG119" }));
        Assert.That(Problems("{ groups: { formats: [e4m3] } }"), Is.EqualTo(new[] { "2:20 CFG119" }));
        Assert.That(Problems("{ groups: { formats: [e2m1], scale: int8 } }"), Is.EqualTo(new[] { "2:20 CFG119" }));
        Assert.That(Problems("{ groups: { formats: [e2m1, e2m9x], size: 0 } }"), Is.EqualTo(new[] { "2:38 CFG011", "2:52 CFG002" }));
        static string[] Problems(string weights)
        {
            Assert.That(Read($"schema: sim.recipe/1\nweights: {weights}\n", out DiagnosticBag bag), Is.Null);
            return [.. bag.Sorted.Select(d => $"{d.Location.Line}:{d.Location.Column} {d.Code}")];
        }
    }

    private static Recipe? Read(string text, out DiagnosticBag bag)
    {
        bag = new DiagnosticBag();
        return YamlDocument.Parse(text, "recipe.yaml", bag) is { } document ? RecipeFile.Read(document.Root, bag) : null;
    }
}
