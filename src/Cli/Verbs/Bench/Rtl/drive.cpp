// Drives the array. Modes:
//   bench CYCLES     random operands every cycle; prints nanoseconds and the sum of all sums
//   check            standard input: for each product "K", then K lines of R a's and C b's; prints for every cycle of every product, until
//                    its wave has left, a checksum of all registers, then the R*C sums
#include "Vsystolic.h"
#include "verilated.h"
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static Vsystolic* top;

static void tick() {
    top->clk = 0;
    top->eval();
    top->clk = 1;
    top->eval();
}

static uint64_t mix(uint64_t h, uint64_t v) { return (h ^ v) * 0x100000001B3ull; }

int main(int argc, char** argv) {
    Verilated::commandArgs(argc, argv);
    top = new Vsystolic;
    top->valid = top->first = 0;
    if (argc > 2 && !strcmp(argv[1], "bench")) {
        long cycles = atol(argv[2]);
        uint64_t x = 88172645463325252ull;
        auto begin = std::chrono::steady_clock::now();
        for (long c = 0; c < cycles; c++) {
            for (int i = 0; i < ROWS; i++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; top->a[i] = x & 255; }
            for (int j = 0; j < COLS; j++) { x ^= x << 13; x ^= x >> 7; x ^= x << 17; top->b[j] = x & 255; }
            top->valid = 1;
            top->first = c % 1024 == 0;
            tick();
        }
        double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        uint64_t all = 0;
        for (int i = 0; i < ROWS * COLS; i++) all += (uint32_t)top->sum[i];
        printf("%lld %llu\n", (long long)(seconds * 1e9), (unsigned long long)all);
        return 0;
    }
    int k;
    while (scanf("%d", &k) == 1) {
        for (int c = 0; c < k + ROWS + COLS - 2; c++) {
            top->valid = c < k;
            top->first = c == 0;
            for (int i = 0; i < ROWS; i++) { int v = 0; if (c < k && scanf("%d", &v) != 1) return 1; top->a[i] = v & 255; }
            for (int j = 0; j < COLS; j++) { int v = 0; if (c < k && scanf("%d", &v) != 1) return 1; top->b[j] = v & 255; }
            tick();
            uint64_t h = 0xCBF29CE484222325ull;
            for (int i = 0; i < ROWS * COLS; i++) {
                h = mix(h, top->left[i] & 255);
                h = mix(h, top->top[i] & 255);
                h = mix(h, (uint32_t)top->sum[i]);
            }
            printf("%016llx\n", (unsigned long long)h);
        }
        for (int i = 0; i < ROWS * COLS; i++) printf("%d%c", (int)top->sum[i], i + 1 < ROWS * COLS ? ' ' : '\n');
    }
    return 0;
}
