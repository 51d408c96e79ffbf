/**
 * The first holds what each encoding treats specially. In each of the others one kind of special character stands so
 * close that no piece of the plain value is left in the encoded one: only the form itself hides that.
 */
export const CANARIES: readonly string[] = [
  `c4N"a&7<y'Q2$w>Z9/k+T5%e*L8 (b)R3~h=X6;p`,
  `jS"0n\\q1"Wb\\R7"uV\\3m"Kx\\9c"Tz\\4p"Ge\\8d`,
  `xM&l0<z7>Qa&5s<Wd>3f&Gh<1j>Kq&9e<Rt>2y&Ui<o6`,
  `sH'e1L'q2W'e3R't4Y'u5I'o6P'a7S'd8F'g9H'j0K`,
  `dL$k1Q$w2E$r3T$y4U$i5O$p6A$s7D$f8G$h9J$k0L`,
  `uR l%0A/b+7C d%2E/f+9G h%4I/j+1K l%6M/n+3O`,
]

/** For the list of redactions: each tells forms apart that are the same for most values. */
export const DENSE_CANARIES: readonly string[] = [
  `g"1$H"2$j"3$K"4$l"5$M"6$n"7$P"8$q"9$R"0$`,
  `a"<1\\>b"&2\\<c">3\\&d"<4\\>e"&5\\<f">6\\&g"<7`,
  `A"'<1b'"&2C"'>3d'"<4E"'&5f'">6G"'<7h'"&8`,
  `q"<$\\1">$\\2"&$\\3"<$\\4">$\\5"&$\\6"<$\\7`,
  `k<$1&$2>$3<$4&$5>$6<$7&$8>$9<$0&$a>$b`,
  `1/2 3/4 5/6 7/8 9/0 a/B c/D e/F g/H i/J`,
  `1/ 2*3/ 4*5/ 6*7/ 8*9/ 0*a/ B*c/ D*e/ F*`,
  `aB>cD?eF~gH>iJ?kL~mN>oP?qR~sT>uV?wX~yZ>`,
  `0aB>cD?eF~gH>iJ?kL~mN>oP?qR~sT>uV?wX~yZ>`,
]

/** Values that are hidden as wholes only: words that stand in other texts too, and one that is too short for pieces. */
export const WORDS = 'correct horse battery staple'
export const SHORT = 'a?>b~'
