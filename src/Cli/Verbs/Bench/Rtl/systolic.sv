// A plain output-stationary systolic array of R x C processing elements: operands enter unskewed, triangular registers delay lane i by i
// cycles, every processing element multiplies what comes from the left and from above and adds to the sum that it keeps.
// A tag travels with the operands: valid, and first (the sum begins with this product).
module pe #(parameter W = 8, parameter S = 32) (
    input  logic clk,
    input  logic signed [W-1:0] a_in, b_in,
    input  logic valid_in, first_in,
    output logic signed [W-1:0] a, b,
    output logic valid, first,
    output logic signed [S-1:0] sum
);
    initial begin
        a = '0; b = '0; valid = 1'b0; first = 1'b0; sum = '0;
    end
    always_ff @(posedge clk) begin
        a <= a_in;
        b <= b_in;
        valid <= valid_in;
        first <= first_in;
        if (valid_in) sum <= (first_in ? '0 : sum) + S'(a_in) * S'(b_in);
    end
endmodule

// Delays a lane by N cycles.
module delay #(parameter N = 0, parameter W = 8) (input logic clk, input logic [W-1:0] d, output logic [W-1:0] q);
    generate
        if (N == 0) begin : none
            assign q = d;
        end else begin : some
            logic [W-1:0] line [N];
            initial for (int i = 0; i < N; i++) line[i] = '0;
            always_ff @(posedge clk) begin
                line[0] <= d;
                for (int i = 1; i < N; i++) line[i] <= line[i-1];
            end
            assign q = line[N-1];
        end
    endgenerate
endmodule

module systolic #(parameter R = 32, parameter C = 32, parameter W = 8, parameter S = 32) (
    input  logic clk,
    input  logic signed [W-1:0] a [R],
    input  logic signed [W-1:0] b [C],
    input  logic valid, first,
    output logic signed [W-1:0] left [R*C],
    output logic signed [W-1:0] top [R*C],
    output logic signed [S-1:0] sum [R*C]
);
    logic tag_valid [R*C];
    logic tag_first [R*C];
    for (genvar i = 0; i < R; i++) begin : row
        logic [W-1:0] a_lane;
        logic [1:0] tag_lane;
        delay #(i, W) a_skew(clk, a[i], a_lane);
        delay #(i, 2) tag_skew(clk, {valid, first}, tag_lane);
        for (genvar j = 0; j < C; j++) begin : column
            logic [W-1:0] a_here, b_here;
            logic [1:0] tag_here;
            if (j == 0) begin : left_edge
                assign a_here = a_lane;
                assign tag_here = tag_lane;
            end else begin : inside_row
                assign a_here = left[i*C+j-1];
                assign tag_here = {tag_valid[i*C+j-1], tag_first[i*C+j-1]};
            end
            if (i == 0) begin : top_edge
                delay #(j, W) b_skew(clk, b[j], b_here);
            end else begin : inside_column
                assign b_here = top[(i-1)*C+j];
            end
            pe #(W, S) pe(clk, a_here, b_here, tag_here[1], tag_here[0], left[i*C+j], top[i*C+j], tag_valid[i*C+j], tag_first[i*C+j],
                sum[i*C+j]);
        end
    end
endmodule
