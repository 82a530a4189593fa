/** A dozen goats. Celia was the last bucardo; she died in January 2000. */
export const dataSql = `
INSERT INTO public.goat (id, name, coat, legs, seen_at) VALUES
  (1, 'Celia', 'chestnut', 4, '2000-01-05 07:40+00'),
  (2, 'Rufo', 'rust', 4, '2026-05-14 05:12+00'),
  (3, 'Nieve', 'white, mostly', 4, '2026-05-14 05:13+00'),
  (4, 'Old Tomás', 'slate', 3, '2026-05-20 18:02+00'),
  (5, 'Ordesa', 'limestone', 4, '2026-06-01 04:55+00'),
  (6, 'Brava', 'black, one white sock', 4, '2026-06-01 04:56+00'),
  (7, 'Liquen', 'lichen green (it was raining)', 4, '2026-06-11 11:30+00'),
  (8, 'Añisclo', 'sand', 4, '2026-06-24 06:21+00'),
  (9, 'Pico', 'smoke', 4, '2026-07-02 19:45+00'),
  (10, 'Mora', NULL, 4, '2026-07-02 19:47+00'),
  (11, 'O''Malley', 'red, and loud about it', 4, '2026-08-15 09:00+00'),
  (12, 'Cría', 'not decided yet', 4, '2026-09-30 15:15+00');
`;
