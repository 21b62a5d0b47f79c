import json, math, numpy as np, scipy
from scipy import stats
r=np.random.default_rng(20260731)
out={"source":f"Computed with SciPy {scipy.__version__} and NumPy {np.__version__}: scipy.stats.mannwhitneyu(a, b, alternative='two-sided', method='auto'), scipy.stats.norm, scipy.stats.binom, scipy.stats.quantile_test(...).confidence_interval, numpy.quantile."}
cases=[]
def add(name,a,b):
    a=[float(x) for x in a]; b=[float(x) for x in b]
    t=stats.mannwhitneyu(a,b,alternative='two-sided',method='auto')
    cases.append({"name":name,"a":a,"b":b,"u":float(t.statistic),"p":float(t.pvalue)})
# Computes scipy.json, the reference values that the tests of statistics read. Run: python3 scipy_values.py
add("R help page of wilcox.test (Hollander and Wolfe 1973, p. 69)",[0.80,0.83,1.89,1.04,1.45,1.38,1.91,1.64,0.73,1.46],[1.15,0.88,0.90,0.74,1.21])
add("scipy help page: diagnosis age by sex",[19,22,16,29,24],[20,11,17,12])
add("disjoint 5 and 5",[1,2,3,4,5],[6,7,8,9,10])
add("equal medians 8 and 8",[1,3,5,7,9,11,13,15],[2,4,6,8,10,12,14,16])
add("one sample each",[1],[2])
add("8 and 200, exact",r.normal(0.5,1,8),r.normal(0,1,200))
add("9 and 9, normal",r.normal(0,1,9),r.normal(1,1,9))
add("ties, small",[1,2,2,3,3,3],[2,3,4,4,5])
add("all equal",[4,4,4,4],[4,4,4])
add("ties, 40 and 50",r.integers(0,12,40),r.integers(2,14,50))
add("100 and 100 lognormal, 10% apart",np.round(r.lognormal(10,.1,100)),np.round(1.1*r.lognormal(10,.1,100)))
add("far apart",r.normal(0,1,30),r.normal(9,1,30))
out["mannWhitney"]=cases
out["normalUpperTail"]=[[z,float(stats.norm.sf(z))] for z in [-3,-1,0,0.1,0.5,1,1.5,1.96,2.5,2.8,2.9,3.5,5,8,20,36]]
out["normalQuantile"]=[[p,float(stats.norm.ppf(p))] for p in [0.001,0.025,0.2,0.5,0.8,0.975,0.99999]]
ranks=[]
for n in [6,7,8,9,10,11,12,15,17,20,25,30,40,50,75,99,100,101,500,1000,2000,5000]:
    k=0
    while stats.binom.cdf(k,n,.5)<=0.025: k+=1   # largest k with P(B<k)<=.025
    ranks.append([n,k])
out["medianIntervalRank"]=ranks
x=[float(v) for v in np.round(r.lognormal(10,.2,37),3)]
out["series"]={"samples":x,"quantiles":[[q,float(np.quantile(x,q))] for q in [0,.025,.1,.25,.5,.75,.9,.975,1]],"mean":float(np.mean(x)),"stdev":float(np.std(x,ddof=1)),
 "quantileTestCi95":[float(v) for v in stats.quantile_test(x,p=.5).confidence_interval(.95)]}
json.dump(out,open("scipy.json","w"),indent=1)
