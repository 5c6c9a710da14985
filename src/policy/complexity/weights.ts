import type { ComplexityWeights } from './features.ts'

/** Written by `npm run eval -- complexity FILE --train`. */
export const WEIGHTS: ComplexityWeights = {
  version: '1, from 3018 questions (mmlu, gsm8k, mt_bench)',
  features: [
    { name: 'characters', mean: 5.567, deviation: 0.6303, weight: 0.02622 },
    { name: 'words', mean: 3.807, deviation: 0.6149, weight: 0.009548 },
    { name: 'lines', mean: 1.416, deviation: 0.8103, weight: 0.02975 },
    { name: 'sentences', mean: 1.885, deviation: 0.4014, weight: 0.003299 },
    { name: 'numbers', mean: 0.6945, deviation: 0.8473, weight: -0.009102 },
    { name: 'share of numbers', mean: 0.05383, deviation: 0.109, weight: 0.004382 },
    { name: 'mathematical signs', mean: 0.2405, deviation: 0.558, weight: -0.004716 },
    { name: 'signs of logic', mean: 0.06988, deviation: 0.4442, weight: 0.01531 },
    { name: 'share of long words', mean: 0.1115, deviation: 0.08598, weight: -0.01607 },
    { name: 'letters a word', mean: 4.571, deviation: 0.7268, weight: 0.005021 },
    { name: 'share of names', mean: 0.1125, deviation: 0.0874, weight: -0.003091 },
    { name: 'years', mean: 0.07768, deviation: 0.327, weight: 0.003768 },
    { name: 'a choice of answers', mean: 0.7598, deviation: 0.4272, weight: 0.02287 },
    { name: 'negations', mean: 0.2442, deviation: 0.5611, weight: -0.0231 },
    { name: 'words of quantity', mean: 0.3651, deviation: 0.562, weight: 0.02365 },
    { name: 'words of work', mean: 0.07137, deviation: 0.2354, weight: -0.01002 },
    { name: 'statements to weigh', mean: 0.01153, deviation: 0.1492, weight: 0.008928 },
    { name: 'code', mean: 0.01459, deviation: 0.1199, weight: 0.007109 },
    { name: 'a gap to fill', mean: 0.0502, deviation: 0.2184, weight: 0.00123 },
    { name: 'money', mean: 0.08243, deviation: 0.275, weight: -0.02632 },
    { name: 'numbers in an open question', mean: 0.3235, deviation: 0.6259, weight: 0.05803 },
    { name: 'sentences in an open question', mean: 0.3477, deviation: 0.6352, weight: 0.02188 },
    { name: 'length beyond a paragraph', mean: 0.1033, deviation: 0.2992, weight: -0.0187 },
  ],
  // biome-ignore format: one line of numbers
  steps: [-0.2285, -0.08536, -0.06697, -0.05607, -0.04761, -0.04092, -0.03496, -0.02902, -0.02244, -0.01544, -0.009675, -0.003127, 0.004429, 0.01314, 0.02095, 0.03057, 0.04371, 0.06228, 0.08622, 0.1234, 0.3971],
}
