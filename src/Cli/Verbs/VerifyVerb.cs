using System.Collections.Immutable;
using System.CommandLine;
using Sim.Cli.Verbs.Verify;
using Sim.Foundation.Diagnostics;
using Sim.Verification;
using Sim.Verification.Certificates;
using Sim.Verification.Observation;
using Sim.Verification.Provers;
using Sim.Verification.Records;
using Sim.Verification.Solvers;
using Sim.Workloads.Integers;

namespace Sim.Cli.Verbs;

/// <summary>`sim verify --model NET.onnx (--accumulator P | --minimal)`: a verdict on the accumulator of every output channel, or the least
/// width that is proved.</summary>
internal sealed class VerifyVerb : IVerb
{
    public VerbCommand Build(Terminal terminal)
    {
        var options = new VerifyArguments();
        var reading = new ReadingArguments();
        var datapath = new DatapathArguments();
        var solving = new SolverArguments();
        var command = new VerbCommand("verify", "Prove that accumulators cannot overflow, or show the input that makes them",
            "sim verify --model net_int8.onnx --minimal --data x.npy",
            "sim verify --model net.onnx --weight-bits 8 --activation-bits 8 --calibration x.npy --accumulator 16 --order tiles:64 --inner 14 --json",
            "sim verify --datapath configs/datapaths/e4m3_exact.yaml --terms 65536");
        options.AddTo(command);
        reading.AddTo(command);
        datapath.AddTo(command);
        solving.AddTo(command);
        command.SetAction(parsed =>
        {
            var bag = new DiagnosticBag();
            VerifyModes.CheckOptions(parsed, bag);
            bag.ThrowIfErrors();
            VerifyRequest request = options.Read(parsed);
            if (datapath.Read(parsed, request.Json) is not { } proofs) return Run(request, reading.Read(parsed), solving.Read(parsed),
                terminal);
            return request.Model is null ? DatapathProofs.Run(proofs, terminal)
                : NetworkDatapathProofs.Run(request, proofs, reading.Read(parsed).Recipe, terminal);
        });
        return command;
    }

    // Read, claim, prove, record, print.
    private static int Run(VerifyRequest request, ReadingRequest reading, SolverRequest solving, Terminal terminal)
    {
        var bag = new DiagnosticBag();
        solving.Check(bag);
        if (request.Check is not null) return CertificateChecks.Run(request, reading, solving, bag, terminal);
        using SolverPool solvers = solving.Open(terminal, confirmed: request.Certificate is not null);
        ImmutableArray<IProver> ladder = solving.Ladder(solvers, bag);
        VerifyOptions? claims = request.Claims(bag) is { } asked ? asked with { Provers = ladder } : null;
        VerifyQuestion? question = VerifyQuestion.Read(request, reading, bag);
        bag.ThrowIfErrors();
        (claims, ImmutableArray<IntegerLayer> registers) = question!.Claimed(claims!, solving, solvers);
        ImmutableArray<ObservedLayer> observed = question.Data is null ? []
            : AccumulatorObserver.Observe(question.Network, question.Data, Environment.ProcessorCount, terminal.Cancellation);
        ImmutableArray<int> widths = request.Minimal ? [] : claims.Widths(request.Accumulator, request.Inner);
        VerifyRecord record = new()
        {
            Model = request.Model!, Digest = question.Network.Graph.Digest, Scope = question.Scope, NotJudged = question.NotJudged,
            Claims = new(claims.Order.Text, request.Overflow, request.Bias, request.ZeroPoints, request.Inputs)
                { Constraints = solving.Constraints },
            Accumulator = request.Minimal ? null : widths[0], Inner = widths.Length > 1 ? widths[1] : null,
                HasInner = claims.Order.Registers > 1,
            Registers = request.Minimal ? RegisterProofs.Least(registers, claims, observed, terminal.Cancellation)
                : RegisterProofs.At(widths, registers, claims, observed, terminal.Cancellation),
        };
        Certify(request, question.Network, claims, registers, record);
        if (request.Out is not null) ResultFiles.Write(request.Out, ("verify.json", VerifyJson.Of(record) + "\n"),
            ("channels.csv", VerifyCsv.Of(record)));
        if (request.Json) terminal.Out.WriteLine(VerifyJson.Of(record));
        else VerifyTable.Print(record, terminal);
        if (question.Workload is { } workload)
            foreach (string file in WidthReporting.Write(request, reading, workload, claims, record, observed, terminal))
                terminal.Error.WriteLine(file);
        return record.IsYes ? ExitCode.Ok : ExitCode.AnswerIsNo;
    }

    private static void Certify(VerifyRequest request, IntegerNetwork network, VerifyOptions claims,
        ImmutableArray<IntegerLayer> registers, VerifyRecord record)
    {
        if (request.Certificate is null) return;
        try
        {
            using var writer = new CertificateWriter(request.Certificate, claims, request.Inputs, request.Minimal ? null
                : claims.Widths(request.Accumulator, request.Inner));
            foreach ((IntegerLayer layer, RegisterRecord answers) in registers.Zip(record.Registers))
                writer.Add(layer, answers.Channels);
            writer.Finish(network.Graph);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new Location(request.Certificate), "VER005",
                $"no certificate can be written here: {e.Message}; allowed is a folder that is new or empty");
        }
    }
}
