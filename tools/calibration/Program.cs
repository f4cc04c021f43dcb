using Sim.ArchModel.Costs;
using Sim.ArchModel.Technologies;
using Sim.Calibration;

// usage: Calibration REFERENCE_FOLDER OUTPUT_FOLDER   writes the technology files and prints the error tables (docs/guide/costs.md)
string reference = args[0], output = args[1];
foreach (Library library in Library.All)
{
    string text = TechnologyWriter.Write(library, reference);
    string path = Path.Combine(output, library.Name + ".yaml");
    File.WriteAllText(path, text);
    Technology technology = TechnologyCatalogue.Resolve(path);
    Console.WriteLine($"\n## {library.Name}\n");
    Console.WriteLine(ErrorTable.Markdown(ErrorTable.Predict(SynthesisRow.Read(library.SynthesisPath(reference)),
        new CostModel(technology))));
}
